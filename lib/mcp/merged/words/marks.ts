// What a server names by itself (ids, tokens, tasks, states) bears the server's name on its way to the client, and leads back
// by it: two servers may choose the same, and any process reads it without having written it.
import { type Id, idOf, idValue } from "../../jsonrpc/id.ts";

/** Parts the server's name, which has no colon, from what it names. */
const BEHIND = ":";

/** @param server a profile's name */
export const marked = (server: string, text: string): string => `${server}${BEHIND}${text}`;

/** A text of one of these servers as it named it; undefined for what bears no such name. */
export function unmarked(
  text: unknown,
  servers: readonly string[],
): { server: string; text: string } | undefined {
  if (typeof text !== "string") return undefined;
  const server = text.slice(0, Math.max(0, text.indexOf(BEHIND)));
  return servers.includes(server) ? { server, text: text.slice(server.length + 1) } : undefined;
}

/** The id of a server's request as the client gets it. */
export const markedId = (server: string, id: Id): Id => JSON.stringify(marked(server, id));

/** The server that a client's answer is for, and the id that it asked under. */
export function unmarkedId(
  id: Id | null,
  servers: readonly string[],
): { server: string; id: Id } | undefined {
  const found = id === null ? undefined : unmarked(JSON.parse(id), servers);
  return found && isSource(found.text) ? { server: found.server, id: found.text } : undefined;
}

/** A progress token of a server's, or another value that is a text or a number; what is neither stays. */
export function markedValue(server: string, value: unknown): unknown {
  const source = idOf(value);
  return source === undefined ? value : marked(server, source);
}

/** The server whose value this is, and the value as it named it; undefined for any other. */
export function unmarkedValue(
  value: unknown,
  servers: readonly string[],
): { server: string; value: unknown } | undefined {
  const found = unmarked(value, servers);
  return found && isSource(found.text) ? { server: found.server, value: idValue(found.text) } : undefined;
}

/** Whether a text is the source of an id: a client may have written anything. */
function isSource(text: string): boolean {
  try {
    return idOf(JSON.parse(text)) !== undefined;
  } catch {
    return false;
  }
}
