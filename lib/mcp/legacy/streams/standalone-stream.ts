// Streams of a legacy session: the standalone one, those that a host asks for, and a request's own, resumed.
import type { Schedule } from "../../../timing/schedule.ts";
import type { HttpResponse } from "../../http/body.ts";
import { judgeStream, keepOpen, type StreamVerdict, takeMessages } from "../../http/keep-open.ts";
import type { StreamCursor } from "../../http/sse.ts";
import type { Message } from "../../jsonrpc/message.ts";
import type { Endpoint } from "../../protocol/endpoint.ts";
import { judge } from "../../protocol/verdict.ts";

export interface StandaloneStreamOptions {
  endpoint: Endpoint;
  /** Sends the GET, from where the cursor is. */
  open(cursor: StreamCursor, signal: AbortSignal): Promise<HttpResponse>;
  take(message: Message): Promise<void>;
  /** Fires when the session, or the use of it, ends. */
  signal: AbortSignal;
  /** Told that the server no longer knows the session; another stream then takes this one's place. */
  onLost(): void;
  /** The pace, which the streams of one session after the other share. */
  schedule: Schedule;
}

/**
 * Keeps the standalone SSE stream of a session open (MCP 2025-11-25 "Listening for Messages from the Server"), for as long
 * as the server offers one. Never rejects.
 */
export async function keepStandaloneStream(options: StandaloneStreamOptions): Promise<void> {
  const { endpoint, open, take, signal, onLost, schedule } = options;
  await keepOpen({
    open,
    take: takeMessages(endpoint.url, endpoint.log, take),
    verdict(end): StreamVerdict {
      // Before there ever was a stream, a refusal only says that there is none to be had.
      if (end.kind === "refused" && end.everGranted) {
        const asked = { era: "legacy", method: "", inSession: true, proven: true } as const;
        if (judge(asked, end.refusal).kind === "session_lost") {
          onLost();
          return "stop";
        }
      }
      return judgeStream(end);
    },
    schedule,
    signal,
  }).catch(() => {});
}
