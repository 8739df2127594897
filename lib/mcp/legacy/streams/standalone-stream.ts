// Streams of a legacy session: the standalone one, those that a host asks for, and a request's own, resumed.
import { judgeStream, type KeepOpenOptions, keepOpen, takeMessages } from "../../http/keep-open.ts";
import { isLostIn, type OpenSession, type Session } from "../session-state.ts";

export interface StandaloneStreamOptions {
  /** Sends the GET, from where the cursor is. */
  open: KeepOpenOptions["open"];
  /** Told that the server no longer knows the session; another stream then takes this one's place. */
  onLost(): void;
}

/**
 * Keeps the standalone SSE stream of a session open (MCP 2025-11-25 "Listening for Messages from the Server"), for as long
 * as the server offers one and the session is in use. Never rejects.
 */
export async function keepStandaloneStream(
  session: Session,
  opened: OpenSession,
  { open, onLost }: StandaloneStreamOptions,
): Promise<void> {
  const { endpoint, exchange, streamSchedule, ended } = session;
  await keepOpen({
    open,
    take: takeMessages(endpoint.url, endpoint.log, exchange.receive),
    verdict(end) {
      // Before there ever was a stream, a refusal only says that there is none to be had.
      const mayBeLost = end.kind === "refused" && end.everGranted;
      if (!mayBeLost || !isLostIn(session, opened, "", end.refusal)) return judgeStream(end);
      onLost();
      return "stop";
    },
    schedule: streamSchedule,
    signal: AbortSignal.any([ended.signal, opened.stream.signal]),
  }).catch(() => {});
}
