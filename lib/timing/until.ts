/** Waits for `work`, for so long at most, or until cut short; whether it was done by then. */
export async function until(
  work: Promise<unknown>,
  limitMs: number,
  cutShort: AbortSignal,
): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stop = () => {};
  const over = new Promise<false>((resolve) => {
    stop = () => resolve(false);
    if (Number.isFinite(limitMs)) timer = setTimeout(stop, limitMs);
    if (cutShort.aborted) stop();
    else cutShort.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work.then(() => true), over]);
  } finally {
    clearTimeout(timer);
    cutShort.removeEventListener("abort", stop);
  }
}
