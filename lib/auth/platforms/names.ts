/** The platforms that are known, in the order in which `auto` looks for them: the nearest to the program first. */
export const PLATFORM_NAMES = ["github-actions"] as const;
export type PlatformName = (typeof PLATFORM_NAMES)[number];
