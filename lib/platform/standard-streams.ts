import { codeOf } from "./error-code.ts";

/** Messages are few, and nobody waits longer for who does not read them, in ms. */
const STDERR_LIMIT_MS = 1000;

type Stream = typeof process.stdout | typeof process.stderr;

/** Takes results, in order. */
export interface Sink {
  write(chunk: Uint8Array | string): unknown;
  /** Whether a person reads it. */
  readonly isTTY?: boolean;
  /** Of the terminal; undefined where it is none. */
  readonly columns?: number | undefined;
}

/** The process's own streams. Each is opened at its first use: what opening loads takes longer than a bare start. */
export interface StandardStreams {
  readonly stdin: typeof process.stdin;
  /** What stdin is, found without opening it. */
  readonly stdinKind: { readonly isTTY: boolean };
  /** Written to without a stream, as long as the system takes all of it. */
  readonly stdout: Sink;
  /** stdout as a stream, which tells whether its reader is slow or has gone. */
  openStdout(): typeof process.stdout;
  readonly stderr: typeof process.stderr;
  /** What stderr is, found without opening it. */
  readonly stderrKind: { readonly isTTY: boolean; readonly columns: number | undefined };
  /** The width of the terminal that stdout is; undefined where it is none. */
  columns(): Promise<number | undefined>;
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
  const opened = { stdout: false, stderr: false };
  const watched = <S extends Stream>(stream: S) => noting(failures, stream);
  const flushed = (stream: Stream) => untilFlushed(stream, (failures.get(stream) ?? "") !== "");

  function openStdout() {
    opened.stdout = true;
    return watched(process.stdout);
  }

  function openStderr() {
    opened.stderr = true;
    return watched(process.stderr);
  }

  return {
    get stdin() {
      return process.stdin;
    },
    stdinKind: {
      get isTTY() {
        return isTerminal(0);
      },
    },
    stdout: {
      write(chunk) {
        const bytes = Buffer.from(chunk as string);
        const taken = opened.stdout ? 0 : writeNow(bytes);
        if (taken < bytes.length) openStdout().write(bytes.subarray(taken));
      },
      get isTTY() {
        return isTerminal(1);
      },
      get columns() {
        return isTerminal(1) ? openStdout().columns : undefined;
      },
    },
    openStdout,
    get stderr() {
      return openStderr();
    },
    stderrKind: terminalOn(2, openStderr),
    columns: async () => ((await mayBeTerminal()) ? openStdout().columns : undefined),
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
}

/** The same stream; the first failure of a write to it is noted, and ends nothing. */
function noting<S extends Stream>(failures: Map<Stream, string>, stream: S): S {
  if (failures.has(stream)) return stream;
  failures.set(stream, "");
  stream.on("error", (error: unknown) => {
    failures.set(stream, failures.get(stream) || codeOf(error) || "unknown");
  });
  return stream;
}

/** Ends a stream and lets what was written leave the process; a reader that has gone is no failure. */
const untilFlushed = (stream: Stream, failed: boolean) =>
  new Promise<void>((resolve) => {
    stream.once("error", () => resolve()).once("close", () => resolve());
    if (failed || stream.destroyed || stream.writableEnded) resolve();
    // Only the end tells that all has left: an empty write is done before the large one ahead of it.
    else stream.end(() => resolve());
  });

/** Writes to stdout as much as the system takes now. @returns how many bytes that were */
function writeNow(bytes: Uint8Array): number {
  const { writeSync } = process.getBuiltinModule("node:fs");
  let taken = 0;
  try {
    while (taken < bytes.length) taken += writeSync(1, bytes, taken);
  } catch {
    // A pipe that is full and does not wait, a full disk, a reader that has gone: the stream finds out which.
  }
  return taken;
}

/** What a stream is, found when it is asked. @param open is called for what only the open stream knows */
const terminalOn = (fd: number, open: () => { columns: number }) => ({
  get isTTY() {
    return isTerminal(fd);
  },
  get columns() {
    return isTerminal(fd) ? open().columns : undefined;
  },
});

/** Whether a standard stream is a terminal; what knows terminals is loaded where it may be one. */
function isTerminal(fd: number): boolean {
  try {
    const mayBe = process.getBuiltinModule("node:fs").fstatSync(fd).isCharacterDevice();
    return mayBe && process.getBuiltinModule("node:tty").isatty(fd);
  } catch {
    return false;
  }
}

/** False where stdout is a pipe or a file, found without loading anything. */
async function mayBeTerminal(): Promise<boolean> {
  const bun = (globalThis as { Bun?: { stdout: { stat(): Promise<{ isCharacterDevice(): boolean }> } } }).Bun;
  if (!bun) return true;
  return bun.stdout.stat().then(
    (stat) => stat.isCharacterDevice(),
    () => false,
  );
}
