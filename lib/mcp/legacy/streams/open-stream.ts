import { hostOf } from "../../../net/network-error.ts";
import { createSchedule } from "../../../timing/schedule.ts";
import { judgeStream, keepOpen, type StreamVerdict, takeMessages } from "../../http/keep-open.ts";
import { mediaType } from "../../http/media-type.ts";
import type { Message } from "../../jsonrpc/message.ts";
import { type Refused, refused } from "../../protocol/answer.ts";
import { wrongContentType } from "../../protocol/errors.ts";
import { isNonsense } from "../../protocol/refusals/passing.ts";
import type { Call } from "../../protocol/transport.ts";
import { reopen } from "../reopen-session.ts";
import { getStream } from "../session-http.ts";
import { isLostIn, type Session, whenReady } from "../session-state.ts";

export interface StreamOptions {
  /** Where somebody else has stopped reading, maybe a stream of another request. */
  lastEventId?: string;
  signal: AbortSignal;
  /** The server has granted the stream. */
  onGranted(): void;
  /** Takes what comes, answers included: those to requests whose stream was lost elsewhere. */
  onMessage(message: Message): Promise<void>;
  onEventId: NonNullable<Call["onEventId"]>;
}

/**
 * Opens a stream of the session (MCP 2025-11-25 "Listening for Messages from the Server"), and again where it breaks off,
 * for as long as `signal` lets it. A session that the server forgot is opened again first.
 *
 * @returns the refusal, where there never was a stream; undefined where it has ended
 * @throws M2mcpError where the server could not be asked
 */
export async function openStream(session: Session, options: StreamOptions): Promise<Refused | undefined> {
  const { endpoint, exchange } = session;
  const { lastEventId, signal, onGranted, onMessage, onEventId } = options;
  /** A request that was only accepted is answered here, too. */
  const take = (message: Message) =>
    exchange.awaits(message) ? exchange.receive(message) : onMessage(message);
  let reopenings = 0;
  let used = await whenReady(session);
  /** Nothing of a stream of the session that was lost can be resumed in the new one. */
  const isLost = (refusal: Refused) =>
    session.handshake !== undefined && reopenings++ === 0 && isLostIn(session, used, "", refusal);
  // What is sent meanwhile may be answered here.
  if (lastEventId === undefined) exchange.listening(true);
  const end = await keepOpen({
    lastEventId,
    async open(cursor, over) {
      if (reopenings > 0 && used && session.state === used) await reopen(session, used);
      used = await whenReady(session);
      cursor.onEventId = onEventId;
      return getStream(endpoint, used ?? {}, cursor, over, Number.POSITIVE_INFINITY);
    },
    async take(response, cursor, notes) {
      const type = mediaType(response.headers);
      if (type !== "text/event-stream") {
        await response.discard();
        throw wrongContentType(hostOf(endpoint.url), type);
      }
      onGranted();
      return takeMessages(endpoint.url, endpoint.log, take)(response, cursor, notes);
    },
    verdict(ended): StreamVerdict {
      // Before there ever was a stream, a refusal only says that there is none to be had.
      if (!ended.everGranted) return "stop";
      return ended.kind === "refused" && isLost(ended.refusal) ? "afresh" : judgeStream(ended);
    },
    schedule: createSchedule(),
    signal,
  });
  if (lastEventId === undefined) exchange.listening(false);
  if (!end || end.everGranted || end.kind === "ended") return undefined;
  if (end.kind === "refused") return end.refusal;
  if (isNonsense(end.error)) return refused(405);
  throw end.error;
}
