// What holds for each program of the user's that we start.

type Variables = Record<string, string | undefined>;

/** The variables that it gets: ours hold secrets that it has no use for; where the store is, is none. */
export const inheritedVariables = (env: Variables): Variables =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^M2MCP_(?!(HOME|STORE)$)/i.test(name)));

/** Why it did not begin, for a person. */
export const NOT_STARTED = "it could not be started";

/** How it ended, for a person; undefined where that is well. @param by the signal that ended it */
export function badEnd(code: number | null, by: string | null): string | undefined {
  if (code === 0) return undefined;
  return code === null ? `it was ended by ${by}` : `exit code ${code}`;
}
