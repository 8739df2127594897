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
import { isLostIn, type OpenSession, type Session, whenReady } from "../session-state.ts";

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

/** The stream in the session that it is asked for in. */
type Standing =
  /** There was none yet in this one, or it was granted once and may be again. */
  | { stream: "asked" | "granted"; used: OpenSession | undefined }
  /** The server has forgotten the session, which is opened again before the next try. */
  | { stream: "lost"; used: OpenSession };

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
  let standing: Standing = { stream: "asked", used: await whenReady(session) };
  // What is sent meanwhile may be answered here.
  if (lastEventId === undefined) exchange.listening(true);
  const end = await keepOpen({
    lastEventId,
    async open(cursor, over) {
      if (standing.stream === "lost" && session.state === standing.used) await reopen(session, standing.used);
      const used = await whenReady(session);
      if (used !== standing.used) standing = { stream: "asked", used };
      cursor.onEventId = onEventId;
      return getStream(endpoint, used ?? {}, cursor, over, Number.POSITIVE_INFINITY);
    },
    async take(response, cursor, notes) {
      const type = mediaType(response.headers);
      if (type !== "text/event-stream") {
        await response.discard();
        throw wrongContentType(hostOf(endpoint.url), type);
      }
      standing = { stream: "granted", used: standing.used };
      onGranted();
      return takeMessages(endpoint.url, endpoint.log, take)(response, cursor, notes);
    },
    verdict(ended): StreamVerdict {
      // Before there ever was a stream, a refusal only says that there is none to be had.
      if (!ended.everGranted) return "stop";
      const { stream, used } = standing;
      // One that was opened for the stream, and does not know it either, would be opened again without end.
      const mayBeLost = ended.kind === "refused" && stream === "granted" && used && session.handshake;
      if (!mayBeLost || !isLostIn(session, used, "", ended.refusal)) return judgeStream(ended);
      standing = { stream: "lost", used };
      // Nothing of it can be resumed in another session.
      return "afresh";
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
