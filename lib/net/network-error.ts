import { M2mcpError } from "../failure.ts";
import { connectionFailed, connectionRefused, invalidAnswer, noHttp, streamCut } from "./errors.ts";
import {
  failureCode,
  failureHint,
  failureReason,
  isBreak,
  isDamage,
  isNoHttp,
  isRefusal,
} from "./network-failure.ts";

/** The host a person would recognize, for messages: never the path or query, which may hold a secret. */
export function hostOf(url: string): string {
  if (url !== last.url) last = { url, host: new URL(url).host };
  return last.host;
}

/** Nearly every address asked about is the one asked about before. */
let last = { url: "", host: "" };

/**
 * What `fetch` threw, as our own error: by its code, never by its text, and without it as a cause.
 * @param begun the answer had begun: then what breaks off is a connection that stood
 */
export function networkError(error: unknown, signal: AbortSignal, host: string, begun = false): unknown {
  if (signal.aborted && signal.reason instanceof M2mcpError) return signal.reason;
  if (error instanceof M2mcpError) return error;
  if (signal.aborted) return signal.reason;
  const code = failureCode(error);
  if (isRefusal(code)) return connectionRefused(host);
  if (isBreak(code) || (begun && code === "")) return streamCut(host);
  if (isDamage(code)) return invalidAnswer(host, "its compression is damaged");
  if (isNoHttp(code)) return noHttp(host, failureReason(code));
  return connectionFailed(host, failureReason(code), failureHint(code));
}
