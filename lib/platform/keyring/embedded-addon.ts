/**
 * Where the keyring's add-on lies within the executable, which is bound to it when it is built (.ci/build.ts puts another
 * module in the place of this one). Run from source there is none: the package finds its add-on by itself.
 */
export const embeddedAddon: string | null = null;
