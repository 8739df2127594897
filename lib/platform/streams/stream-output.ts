import type { Writable } from "node:stream";
import type { ByteOutput } from "./byte-streams.ts";

const NOTHING = Promise.resolve();

/** One of Node's streams to write to. @param failed told the error of a write */
export function streamOutput(stream: Writable, failed: (error: unknown) => void = () => {}): ByteOutput {
  const gone = new AbortController();
  /** The last chunk, on its way out. */
  let leaving: Promise<void> = NOTHING;
  let drained: Promise<void> | undefined;
  stream.on("error", (error) => {
    failed(error);
    gone.abort();
  });
  stream.on("close", () => gone.abort());

  const untilGone = new Promise<void>((resolve) =>
    gone.signal.addEventListener("abort", () => resolve(), { once: true }),
  );
  function untilDrained(): Promise<void> {
    const drain = new Promise<void>((resolve) => void stream.once("drain", resolve));
    drained ??= Promise.race([drain, untilGone]).finally(() => {
      drained = undefined;
    });
    return drained;
  }
  return {
    write(chunk) {
      if (gone.signal.aborted) return undefined;
      let more = true;
      leaving = new Promise((resolve) => {
        more = stream.write(chunk, () => resolve());
      });
      return more ? undefined : untilDrained();
    },
    flushed: () => Promise.race([leaving, untilGone]),
    gone: gone.signal,
    destroy: () => void stream.destroy(),
  };
}
