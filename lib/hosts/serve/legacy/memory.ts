// What clients have set in their sessions, where all processes find it: for clients that keep the first id of a session, and
// take no cookies.
import { addLatest, keepLatest } from "../../../keep-latest.ts";
import type { Message } from "../../../mcp/jsonrpc/message.ts";
import type { Unreadable } from "../../../mcp/jsonrpc/parse.ts";
import type { HostedSession, ServeContext } from "../context.ts";
import { note } from "./holder.ts";
import { idOfSession, readId, type ShownId } from "./session-id.ts";

/** The latest ids of sessions, which are sealed, by their keys. Nothing rejects. */
export interface SessionMemory {
  read(key: string): Promise<string | undefined>;
  /** @param turn of the id: a later one has a greater */
  keep(key: string, turn: number, id: string): Promise<void>;
}

/** What others have noted lately is not asked for again for so long, in ms. */
export const LOOK_MS = 500;
/** In the place of the id of a session that its client has ended: later than all of them. */
const ENDED = { turn: Number.MAX_SAFE_INTEGER, id: "ended" };
/** Sessions that were ended and are remembered as such. */
const MOST_ENDED = 10_000;
/** Sessions whose last look is remembered. */
const MOST_LOOKED = 10_000;
const CHANGES = ["logging/setLevel", "resources/subscribe", "resources/unsubscribe"];

/** Whether one of these changes what a client has set: that begins with what it has by now. */
export const isChanging = (messages: readonly (Message | Unreadable)[]): boolean =>
  messages.some((message) => message.kind === "request" && CHANGES.includes(message.method));

/**
 * The latest id of a session: the one that is shown, or a later one, as far as it is known.
 *
 * @param sinceMs what was heard before that is asked for again, in ms of `performance.now()`
 */
export async function upToDate(context: ServeContext, shown: ShownId, sinceMs: number): Promise<ShownId> {
  const { memory, looked, latest } = context;
  if (!memory) return shown;
  const { key } = shown.value;
  if ((looked.get(key) ?? Number.NEGATIVE_INFINITY) < sinceMs) {
    keepLatest(looked, key, performance.now(), MOST_LOOKED);
    const found = await memory.read(key);
    if (found === ENDED.id) addLatest(context.ended, key, MOST_ENDED);
    else note(context, found);
  }
  const text = latest.get(key);
  const value = text === undefined ? undefined : readId(context, text);
  return text !== undefined && value && value.turn > shown.value.turn ? { text, value } : shown;
}

/** Lets others find a session as it is by now. Never rejects. */
export async function publish(context: ServeContext, session: HostedSession): Promise<void> {
  const { memory } = context;
  if (!memory || session.failure || !session.side) return;
  const id = idOfSession(context, session);
  // The first one is the client's.
  if (session.turn <= 1 || session.published === id) return;
  session.published = id;
  note(context, id);
  await memory.keep(session.key, session.turn, id);
}

/** A session is ended, for all: what it had set is kept no more. Never rejects. */
export async function noteEnd({ ended, memory }: ServeContext, key: string): Promise<void> {
  addLatest(ended, key, MOST_ENDED);
  await memory?.keep(key, ENDED.turn, ENDED.id);
}
