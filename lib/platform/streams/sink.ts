import { codeOf } from "../error-code.ts";

/** Takes results, in order. */
export interface Sink {
  write(chunk: Uint8Array | string): unknown;
  /** Whether a person reads it. */
  readonly isTTY?: boolean;
  /** Of the terminal; undefined where it is none. */
  readonly columns?: number | undefined;
}

/** A sink of this process, which tells what became of what it took. */
export interface WatchedSink extends Sink {
  /** What the system has not taken yet: resolves once it has, or will not; undefined when all has left. */
  readonly behind: Promise<void> | undefined;
  /** The system's code where something could not be written, EPIPE where the reader had gone; empty when all is well. */
  readonly failure: string;
}

/** Writes to one of the process's streams; rejects with the system's error. */
export type WriteBytes = (bytes: Uint8Array) => Promise<unknown>;

/** What a pipe takes as a whole or not at all (POSIX PIPE_BUF), in bytes: no part of it can be written twice. */
const PIECE_BYTES = 4096;
/** Bun makes room for what is longer, from the start of the file: one that is added to and is shorter gets zeros in between. */
const FIRST_BYTES = 1024;
const encoder = new TextEncoder();

/**
 * Where a piece ends: not within a letter, since a console of Windows shows what each write holds by itself.
 *
 * @param before what was written before all of this, in bytes
 */
function pieceEnd(bytes: Uint8Array, at: number, before: number): number {
  const whole = at + (before + at < PIECE_BYTES ? FIRST_BYTES : PIECE_BYTES);
  for (let end = whole; whole < bytes.length && end > whole - 4; end--)
    if (((bytes[end] ?? 0) & 0xc0) !== 0x80) return end;
  return Math.min(whole, bytes.length);
}

/**
 * Results without a stream, which takes twice as long to load as the runtime to start: each piece is written at once
 * where the system takes it, as it mostly does.
 *
 * @param isSettled whether a promise is known to be fulfilled, without waiting a turn
 */
export function createSink(
  write: WriteBytes,
  isSettled: (promise: Promise<unknown>) => boolean,
  terminal: { readonly isTTY: boolean; readonly columns: number | undefined },
): WatchedSink {
  let failure = "";
  /** What the system did not take at once, and all that is behind it. */
  let behind: Promise<void> | undefined;
  let written = 0;
  const fail = (error: unknown) => {
    failure ||= codeOf(error) || "unknown";
  };
  const done = () => {};

  function push(piece: Uint8Array): void {
    if (behind) {
      behind = behind.then(() => (failure === "" ? write(piece).then(done, fail) : undefined));
      return;
    }
    const writing = write(piece);
    if (!isSettled(writing)) behind = writing.then(done, fail);
  }
  return {
    write(chunk) {
      const bytes = typeof chunk === "string" ? encoder.encode(chunk) : chunk;
      for (let at = 0; at < bytes.length; ) {
        const end = pieceEnd(bytes, at, written);
        push(bytes.subarray(at, end));
        at = end;
      }
      written += bytes.length;
    },
    get isTTY() {
      return terminal.isTTY;
    },
    get columns() {
      return terminal.columns;
    },
    get behind() {
      return behind;
    },
    get failure() {
      return failure;
    },
  };
}
