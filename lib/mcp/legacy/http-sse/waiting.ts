import type { Pausable } from "../../../timing/deadline.ts";
import type { IdleWatch } from "../../../timing/idle-timeout.ts";
import type { Answer } from "../../protocol/answer.ts";
import { StreamRefused } from "./event-stream.ts";

/** A request whose answer is due on the stream. */
export interface Waiting {
  resolve(answer: Answer): void;
  reject(error: unknown): void;
  /** The server has taken the request. */
  posted(): void;
  /** The stream is gone: a request that was taken has no answer; of one under way its own response tells. */
  cut(error: unknown): void;
  watch: IdleWatch;
  /** Time does not count meanwhile. */
  pause(): void;
  resume(): void;
}

/**
 * @param watch of silence on the stream
 * @param late limits the request in all
 */
export function createWaiting(
  resolve: (answer: Answer) => void,
  reject: (error: unknown) => void,
  watch: IdleWatch,
  late: Pausable,
): Waiting {
  let isPosted = false;
  let failure: unknown;
  return {
    resolve,
    reject,
    watch,
    pause() {
      watch.pause();
      late.pause();
    },
    resume() {
      watch.refresh();
      late.resume();
    },
    posted() {
      isPosted = true;
      if (failure !== undefined) reject(failure);
    },
    cut(error) {
      failure ??= error;
      if (isPosted || error instanceof StreamRefused) reject(failure);
    },
  };
}
