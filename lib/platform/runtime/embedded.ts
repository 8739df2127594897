/**
 * Files within the executable, by their paths there; `.zst` ones are compressed. The build puts another module in the
 * place of this one (`.ci/embedded.ts`): run from source there are none, and each is found where its package has it.
 */
export const EMBEDDED: Readonly<Partial<Record<"addon" | "jq" | "notices", string>>> = {};
