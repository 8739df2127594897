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

/** What a piece that waits takes of memory besides its bytes, about. */
const WAITING_BYTES = 512;

/** Half a line counts as well. */
const linesIn = (bytes: Uint8Array): number => Math.max(1, bytes.filter((byte) => byte === 10).length);

/**
 * What waits for a reader, and has a bound.
 *
 * @param most what comes while so many bytes wait is lost, until half of them have left
 * @param tell takes in its place how many lines it was
 */
function createBacklog(most: number, tell: (warning: Uint8Array) => void) {
  let waiting = 0;
  let lost = 0;
  return {
    add(bytes: number): void {
      waiting += bytes;
    },
    left(bytes: number): void {
      waiting -= bytes;
      if (lost === 0 || waiting > most / 2) return;
      const lines = lost === 1 ? "1 line is" : `${lost} lines are`;
      lost = 0;
      tell(encoder.encode(`warning: ${lines} lost here, since nobody read them\n`));
    },
    takes(chunk: Uint8Array): boolean {
      if (lost === 0 && waiting <= most) return true;
      lost += linesIn(chunk);
      return false;
    },
  };
}

/**
 * Results without a stream, which takes twice as long to load as the runtime to start: each piece is written at once
 * where the system takes it, as it mostly does.
 *
 * @param isSettled whether a promise is known to be fulfilled, without waiting a turn
 * @param mostWaiting bytes of memory for what waits for a reader; of what comes beyond, only the number of lines is told
 */
export function createSink(
  write: WriteBytes,
  isSettled: (promise: Promise<unknown>) => boolean,
  terminal: { readonly isTTY: boolean; readonly columns: number | undefined },
  mostWaiting = Number.POSITIVE_INFINITY,
): WatchedSink {
  let failure = "";
  /** What the system did not take at once, and all that is behind it. */
  let behind: Promise<void> | undefined;
  let written = 0;
  let backlog: ReturnType<typeof createBacklog> | undefined;
  const fail = (error: unknown) => {
    failure ||= codeOf(error) || "unknown";
  };
  const done = () => {};

  function push(piece: Uint8Array): void {
    if (behind) {
      backlog ??= createBacklog(mostWaiting, put);
      const { add, left } = backlog;
      const taken = piece.length + WAITING_BYTES;
      add(taken);
      behind = behind
        .then(() => (failure === "" ? write(piece).then(done, fail) : undefined))
        .then(() => left(taken));
      return;
    }
    const writing = write(piece);
    if (!isSettled(writing)) behind = writing.then(done, fail);
  }
  function put(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const end = pieceEnd(bytes, at, written);
      push(bytes.subarray(at, end));
      at = end;
    }
    written += bytes.length;
  }
  return {
    write(chunk) {
      const bytes = typeof chunk === "string" ? encoder.encode(chunk) : chunk;
      if (backlog?.takes(bytes) !== false) put(bytes);
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
