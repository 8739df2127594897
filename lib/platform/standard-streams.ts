import { codeOf } from "./error-code.ts";

/** Messages are few, and nobody waits longer for who does not read them, in ms. */
const STDERR_LIMIT_MS = 1000;

type Stream = typeof process.stdout | typeof process.stderr;

/** The process's own streams. Each is opened at its first use: what opening loads takes longer than a bare start. */
export interface StandardStreams {
  readonly stdin: typeof process.stdin;
  readonly stdout: typeof process.stdout;
  readonly stderr: typeof process.stderr;
  /** The width of the terminal that stdout is; undefined where it is none. */
  columns(): Promise<number | undefined>;
  /** Writes a few bytes to stdout without opening it, unless the system does not take them at once. */
  writeAtOnce(text: string): Promise<void>;
  /**
   * Ends stdout and waits until what was written has left the process.
   *
   * @returns the system's code where it could not be written, EPIPE where the reader had gone; empty when all is well
   */
  endOutput(): Promise<string>;
  /** The same for stderr, within a second. */
  endErrors(): Promise<void>;
}

/** Opens none of them yet. */
export function standardStreams(): StandardStreams {
  const failures = new Map<Stream, string>();
  const watched = <S extends Stream>(stream: S): S => {
    if (!failures.has(stream)) {
      failures.set(stream, "");
      stream.on("error", (error: unknown) => {
        failures.set(stream, failures.get(stream) || codeOf(error) || "unknown");
      });
    }
    return stream;
  };
  const opened = { stdout: false, stderr: false };

  /** Ends a stream and lets what was written leave the process; a reader that has gone is no failure. */
  const flushed = (stream: Stream) =>
    new Promise<void>((resolve) => {
      stream.once("error", () => resolve()).once("close", () => resolve());
      if (failures.get(stream) || stream.destroyed || stream.writableEnded) resolve();
      // Only the end tells that all has left: an empty write is done before the large one ahead of it.
      else stream.end(() => resolve());
    });

  const streams: StandardStreams = {
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      opened.stdout = true;
      return watched(process.stdout);
    },
    get stderr() {
      opened.stderr = true;
      return watched(process.stderr);
    },
    columns: async () => ((await mayBeTerminal()) ? streams.stdout.columns : undefined),
    async writeAtOnce(text) {
      const { writeSync } = await import("node:fs");
      try {
        return void writeSync(1, text);
      } catch {
        // Written again below, where the failure is noted.
      }
      streams.stdout.write(text);
    },
    async endOutput() {
      if (!opened.stdout) return "";
      await flushed(process.stdout);
      // The error of a write comes a turn after its end is told.
      await new Promise((resolve) => setImmediate(resolve));
      return failures.get(process.stdout) ?? "";
    },
    async endErrors() {
      if (!opened.stderr) return;
      await Promise.race([
        flushed(process.stderr),
        new Promise((resolve) => setTimeout(resolve, STDERR_LIMIT_MS)),
      ]);
    },
  };
  return streams;
}

/** False where stdout is a pipe or a file, found without opening it. */
async function mayBeTerminal(): Promise<boolean> {
  const bun = (globalThis as { Bun?: { stdout: { stat(): Promise<{ isCharacterDevice(): boolean }> } } }).Bun;
  if (!bun) return true;
  return bun.stdout.stat().then(
    (stat) => stat.isCharacterDevice(),
    () => false,
  );
}
