import type { JsonObject } from "../../json.ts";

/** Pages of a list followed at most; a server that goes on for ever is stopped. */
export const MAX_PAGES = 1000;

/**
 * Follows the pages of one list (MCP "Pagination"): yields the cursor to ask for next, undefined at the end. A cursor seen
 * before ends it, and so do too many pages. A cursor is opaque: an empty one is as good as any.
 */
export function nextPage(onLoop: () => void = () => {}, onEndless: () => void = onLoop) {
  const seen = new Set<string>();
  return (result: JsonObject): string | undefined => {
    const { nextCursor } = result;
    if (typeof nextCursor !== "string") return undefined;
    if (seen.has(nextCursor)) {
      onLoop();
      return undefined;
    }
    seen.add(nextCursor);
    if (seen.size < MAX_PAGES) return nextCursor;
    onEndless();
    return undefined;
  };
}
