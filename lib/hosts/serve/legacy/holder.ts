// A session that is held by one process (the server is not legacy, or has no sessions that others could go on with) is
// answered there, whoever gets its requests: what was set, what is under way and what was asked are in one place.
import type { IncomingMessage } from "node:http";
import { keepLatest } from "../../../keep-latest.ts";
import { sleep } from "../../../timing/sleep.ts";
import type { ServeContext } from "../context.ts";
import { one } from "../http/admission.ts";
import type { Reply } from "../http/reply.ts";
import { FORWARDED, forward } from "../peers.ts";
import { readId, SESSION, type ShownId } from "./session-id.ts";

/** A holder that has ended may be back so soon, under its address, in ms. */
const RETURN_MS = 3000;
/** Between two looks for it, in ms. */
const LOOK_MS = 100;
/** One that did not come back is not asked for so long, in ms. */
const AWAY_MS = 10_000;
/** Latest ids of sessions of other processes that are remembered. */
const MOST_LATEST = 10_000;

/** Lets the process that holds a session answer a request, where that is another one and can be reached; whether it does. */
export async function isAnsweredByHolder(
  context: ServeContext,
  incoming: IncomingMessage,
  { text, value }: ShownId,
  body: Uint8Array,
  reply: Reply,
): Promise<boolean> {
  const { self, away, latest } = context;
  const { holder, key } = value;
  if (holder === undefined || holder === self.address || incoming.headers[FORWARDED] !== undefined)
    return false;
  const nowMs = performance.now();
  if (nowMs < (away.get(holder) ?? 0)) return false;
  const onAnswer = (answer: IncomingMessage) => note(context, one(answer.headers[SESSION]));
  for (;;) {
    const headers = { [SESSION]: later(context, latest.get(key), text) };
    if (await forward(context, incoming, reply, { address: holder, body, headers, onAnswer })) break;
    if (reply.isGone) return true;
    if (performance.now() - nowMs > RETURN_MS) {
      away.set(holder, performance.now() + AWAY_MS);
      context.endpoint.log(`the process at ${holder} is gone: its session goes on here`);
      return false;
    }
    await sleep(LOOK_MS);
  }
  await letGo(context, key);
  return true;
}

/** Remembers the latest id of a session, for clients that keep to their first. */
export function note(context: ServeContext, id: string | undefined): void {
  const key = id === undefined ? undefined : readId(context, id)?.key;
  if (id === undefined || key === undefined) return;
  keepLatest(context.latest, key, later(context, context.latest.get(key), id), MOST_LATEST);
}

function later(context: ServeContext, known: string | undefined, given: string): string {
  if (known === undefined) return given;
  const [one, other] = [readId(context, known), readId(context, given)];
  return one && other && one.turn > other.turn ? known : given;
}

/** What was held here while the holder was away: its client asks for its stream again, and gets it there. */
async function letGo({ sessions }: ServeContext, key: string): Promise<void> {
  const session = await sessions.get(key)?.catch(() => undefined);
  if (!session || session.replies.size > 0 || session.deliveries.size > 0) return;
  sessions.delete(key);
  session.stream?.end();
  await session.connection.close("leave");
}
