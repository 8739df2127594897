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
