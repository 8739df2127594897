import { type JsonObject, objectOf } from "../../../json.ts";
import { until } from "../../../timing/until.ts";
import type { Answer } from "../../protocol/answer.ts";
import { LOG_LEVELS, logLevelOf } from "../../protocol/meta.ts";

/** How long a request waits for its level to be set, in ms. */
const SETTING_MS = 5000;

/**
 * The log level that a legacy server keeps for its session: the most talkative that any request wanted. What is less than a
 * request wants is left out on the way to it.
 */
export class SessionLogLevel {
  readonly #ask: (method: string, params: JsonObject) => Promise<Answer>;
  #level = Number.POSITIVE_INFINITY;

  /** @param ask asks the server something for ourselves */
  constructor(ask: (method: string, params: JsonObject) => Promise<Answer>) {
    this.#ask = ask;
  }

  /** The session is another: nothing is set in it. */
  forget(): void {
    this.#level = Number.POSITIVE_INFINITY;
  }

  /**
   * Asks the server for as much as the request with this `_meta` wants. Never rejects: for want of log messages no request
   * fails.
   *
   * @param capabilities the server's
   */
  async follow(meta: JsonObject, capabilities: unknown): Promise<void> {
    const level = logLevelOf(meta);
    const before = this.#level;
    if (level >= before) return;
    this.#level = level;
    if (!("logging" in objectOf(capabilities))) return;
    const asked = this.#ask("logging/setLevel", { level: LOG_LEVELS[level] }).catch(() => {
      // The next request that wants it asks again, unless another has been told more meanwhile.
      if (this.#level === level) this.#level = before;
    });
    await until(asked, SETTING_MS);
  }
}
