export const sleep = (delayMs: number) => new Promise<void>((resolve) => setTimeout(resolve, delayMs));

/** Waits until it is so; fails after a time. */
export async function until(met: () => boolean, limitMs = 10_000): Promise<void> {
  for (const startMs = performance.now(); !met(); await sleep(10))
    if (performance.now() - startMs > limitMs) throw new Error(`not so within ${limitMs} ms: ${met}`);
}
