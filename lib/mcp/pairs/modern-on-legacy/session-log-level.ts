import { type JsonObject, objectOf } from "../../../json.ts";
import type { Answer } from "../../protocol/answer.ts";
import { LOG_LEVELS, logLevelOf } from "../../protocol/meta.ts";

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

  /** Asks the server for as much as the request with this `_meta` wants. @param capabilities the server's */
  async follow(meta: JsonObject, capabilities: unknown): Promise<void> {
    const level = logLevelOf(meta);
    if (level >= this.#level) return;
    this.#level = level;
    if ("logging" in objectOf(capabilities))
      await this.#ask("logging/setLevel", { level: LOG_LEVELS[level] });
  }
}
