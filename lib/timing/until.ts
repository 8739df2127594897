import { startTimer, type Timer } from "./timer.ts";

/** Waits for `work`, for so long at most, or until cut short; whether it was done by then. */
export async function until(
  work: Promise<unknown>,
  limitMs: number,
  cutShort?: AbortSignal,
): Promise<boolean> {
  let timer: Timer | undefined;
  let stop = () => {};
  const over = new Promise<false>((resolve) => {
    stop = () => resolve(false);
    if (Number.isFinite(limitMs)) timer = startTimer(limitMs, stop);
    if (cutShort?.aborted) stop();
    else cutShort?.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work.then(() => true), over]);
  } finally {
    timer?.stop();
    cutShort?.removeEventListener("abort", stop);
  }
}

/** Resolves once a signal has fired, be it before. */
export const untilAborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });

/** What work comes to; undefined where it is given up before. @throws what `work` throws until then */
export const unless = <T>(over: AbortSignal, work: Promise<T>): Promise<T | undefined> =>
  Promise.race([work, untilAborted(over)]);
