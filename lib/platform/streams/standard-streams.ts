import type { Writable } from "node:stream";
import { codeOf } from "../error-code.ts";
import { outputFailed } from "../errors.ts";
import type { ByteInput, ByteOutput } from "./byte-streams.ts";
import { type FileSink, sinkOutput } from "./file-sink.ts";
import { ownPipe } from "./own-pipe.ts";
import { patientWrite } from "./patient-write.ts";
import { createSink, type Sink, type WatchedSink } from "./sink.ts";
import { streamOutput } from "./stream-output.ts";
import { isTerminal } from "./terminal.ts";

/** Messages are few, and nobody waits longer for who does not read them, in ms. */
const STDERR_LIMIT_MS = 1000;
/** Messages that wait for who does not read them, in bytes at most. */
const STDERR_WAITING_BYTES = 16 * 1024 * 1024;

interface BunFile {
  stream(): ReadableStream<Uint8Array>;
  writer(): FileSink;
}

/** What is used of Bun: its streams are there without anything being loaded. */
interface BunStreams {
  stdin: BunFile;
  stdout: BunFile;
  stderr: BunFile;
  file(descriptor: number): BunFile;
  write(file: BunFile, bytes: Uint8Array): Promise<number>;
  peek: { status(promise: Promise<unknown>): "fulfilled" | "pending" | "rejected" };
}

/** The process's own streams. Each is opened at its first use: Node's take longer to load than a bare start. */
export interface StandardStreams {
  readonly stdin: typeof process.stdin;
  /** stdin for who only reads it to its end. */
  openStdin(): ByteInput;
  readonly stdinIsTerminal: boolean;
  readonly stdout: Sink;
  /** stdout for who must know whether its reader is slow or has gone. @throws M2mcpError output_failed */
  openStdout(): ByteOutput;
  readonly stderr: Sink;
  /**
   * Waits until what was written to stdout has left the process.
   *
   * @returns the system's code where it could not be written, EPIPE where the reader had gone; empty when all is well
   */
  endOutput(): Promise<string>;
  /** The same for stderr, within a second. */
  endErrors(): Promise<void>;
}

/** Opens none of them yet. */
export function standardStreams(): StandardStreams {
  const bun = (globalThis as { Bun?: BunStreams }).Bun;
  const stdout = standardSink(bun, "stdout", 1);
  const stderr = standardSink(bun, "stderr", 2);
  let opened: ByteOutput | undefined;
  let failure = "";
  const failed = (error: unknown) => {
    failure ||= codeOf(error) || "unknown";
  };
  return {
    get stdin() {
      return process.stdin;
    },
    openStdin: () => (bun ? bunInput(bun) : process.stdin),
    get stdinIsTerminal() {
      return isTerminal(0);
    },
    stdout,
    openStdout() {
      opened ??= bun ? sinkOutput(stdoutSink(bun), failed) : streamOutput(process.stdout, failed);
      return opened;
    },
    stderr,
    async endOutput() {
      await opened?.flushed();
      await stdout.behind;
      return stdout.failure || failure;
    },
    async endErrors() {
      if (!stderr.behind) return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, STDERR_LIMIT_MS);
      });
      await Promise.race([stderr.behind, late]);
      clearTimeout(timer);
    },
  };
}

function stdoutSink(bun: BunStreams): FileSink {
  const own = ownPipe();
  try {
    return (own === undefined ? bun.stdout : bun.file(own)).writer();
  } catch (error) {
    throw outputFailed(codeOf(error) || "unknown");
  }
}

function standardSink(bun: BunStreams | undefined, name: "stdout" | "stderr", fd: 1 | 2): WatchedSink {
  const terminal = {
    get isTTY() {
      return isTerminal(fd);
    },
    get columns() {
      return isTerminal(fd) ? process[name].columns : undefined;
    },
  };
  const most = name === "stderr" ? STDERR_WAITING_BYTES : undefined;
  if (!bun)
    return createSink(
      (bytes) => written(process[name], bytes),
      () => false,
      terminal,
      most,
    );
  const isSettled = (promise: Promise<unknown>) => bun.peek.status(promise) === "fulfilled";
  const plain = (bytes: Uint8Array) => bun.write(bun[name], bytes);
  const write = name === "stderr" ? patientWrite(plain, () => bun.stderr.writer()) : plain;
  return createSink(write, isSettled, terminal, most);
}

const written = (stream: Writable, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    // What nobody listens to would end the process.
    if (stream.listenerCount("error") === 0) stream.on("error", () => {});
    stream.write(bytes, (error) => (error ? reject(error) : resolve()));
  });

/** Chunks as Bun reads them. What cannot be read, a folder for one, fails when it is read. */
function bunInput({ stdin }: BunStreams): ByteInput {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let ended = false;
  return {
    get isTTY() {
      return isTerminal(0);
    },
    async *[Symbol.asyncIterator]() {
      if (ended) return;
      reader = stdin.stream().getReader();
      for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    },
    destroy() {
      ended = true;
      void reader?.cancel().catch(() => {});
    },
  };
}
