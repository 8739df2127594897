import { isObject } from "../../../json.ts";

/** Where each server's list goes on; servers that are not in it have come to their end. */
export type Cursors = Readonly<Record<string, string>>;

/** One cursor for several lists. It holds all that there is to know, so that any process can go on. */
export const joinedCursor = (cursors: Cursors): string | undefined =>
  Object.keys(cursors).length === 0
    ? undefined
    : Buffer.from(JSON.stringify({ cursors })).toString("base64url");

/** The cursors in one; undefined for what is none of ours. */
export function cursorsIn(cursor: unknown, servers: readonly string[]): Cursors | undefined {
  if (typeof cursor !== "string") return undefined;
  try {
    const read: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (!isObject(read) || !isObject(read.cursors)) return undefined;
    const entries = Object.entries(read.cursors);
    const isOurs = entries.every(([server, at]) => servers.includes(server) && typeof at === "string");
    return isOurs && entries.length > 0 ? (read.cursors as Cursors) : undefined;
  } catch {
    return undefined;
  }
}
