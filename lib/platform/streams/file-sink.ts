import type { ByteOutput } from "./byte-streams.ts";

/** What is needed of Bun's `FileSink`; what it cannot write at once it keeps, and writes as the reader takes it. */
export interface FileSink {
  write(chunk: Uint8Array | string): unknown;
  /** A promise where not all has left. */
  flush(): unknown;
}

/** Bun's own way to write to a stream. @param failed told the error of a write */
export function sinkOutput(sink: FileSink, failed: (error: unknown) => void): ByteOutput {
  const gone = new AbortController();
  /** What the reader has not taken yet, on its way out. */
  let leaving: Promise<void> | undefined;
  let letGo = () => {};
  const untilDestroyed = new Promise<void>((resolve) => {
    letGo = resolve;
  });

  function fail(error: unknown): void {
    if (gone.signal.aborted) return;
    failed(error);
    gone.abort();
  }
  function flush(): Promise<void> | undefined {
    const flushing = sink.flush();
    if (!(flushing instanceof Promise)) return undefined;
    const mine: Promise<void> = Promise.race([flushing.catch(fail), untilDestroyed]).then(() => {
      if (leaving === mine) leaving = undefined;
    });
    leaving = mine;
    return mine;
  }
  return {
    write(chunk) {
      if (gone.signal.aborted) return undefined;
      try {
        const writing = sink.write(chunk);
        if (writing instanceof Promise) writing.catch(fail);
        return flush();
      } catch (error) {
        fail(error);
        return undefined;
      }
    },
    flushed: async () => leaving,
    gone: gone.signal,
    destroy: () => letGo(),
  };
}
