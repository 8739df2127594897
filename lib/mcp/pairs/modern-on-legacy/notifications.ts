import type { JsonObject } from "../../../json.ts";
import { exactParams, type NotificationMessage, notification } from "../../jsonrpc/message.ts";
import { LOG_LEVELS, logLevelOf } from "../../protocol/meta.ts";
import { type Held, tellWaiting } from "./held-request.ts";

/** A log message may come by another stream than its call's answer, and this much later, in ms. */
const LATE_LOG_MS = 2000;

/** Progress goes on under the token of the client's request that waits. */
export async function passProgress(message: NotificationMessage, requests: Iterable<Held>): Promise<void> {
  const token = message.params.progressToken;
  for (const held of requests) {
    const { progressToken, waiting, meta } = held;
    if (progressToken === undefined || progressToken !== token) continue;
    // The token of the next request is known when that is here.
    if (!waiting) return tellWaiting(held, message);
    if (meta.progressToken === undefined) return;
    const params = { ...exactParams(message), progressToken: meta.progressToken };
    return waiting.onMessage(notification(message.method, params));
  }
}

/** Which log messages the client gets: they belong to a request that asked for them (MCP 2026-07-28 "Logging"). */
export class LogFilter {
  /** Where a request has ended lately, its log messages may still be under way. */
  #late = { level: Number.POSITIVE_INFINITY, untilMs: 0 };

  /**
   * @param from the request in whose answer the message came, where the transport tells
   * @param requests all that are under way
   */
  wants(level: unknown, from: Held | undefined, requests: Iterable<Held>): boolean {
    const severity = LOG_LEVELS.indexOf(String(level));
    const candidates = from ? [from] : [...requests];
    const levels = candidates.map((held) => logLevelOf(held.meta));
    if (!from && levels.length === 0 && performance.now() < this.#late.untilMs) levels.push(this.#late.level);
    return levels.some((wanted) => severity >= wanted);
  }

  /** A request has ended. @param meta of the client's latest request for it */
  ended(meta: JsonObject): void {
    const level = logLevelOf(meta);
    if (level < Number.POSITIVE_INFINITY) this.#late = { level, untilMs: performance.now() + LATE_LOG_MS };
  }
}
