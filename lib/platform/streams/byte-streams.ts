// What a bridge needs of its input and output: less than Node's streams, which take twice as long to load as the
// runtime to start.

/** Chunks as they come in; each of Node's readable streams is one. */
export interface ByteInput extends AsyncIterable<Uint8Array> {
  readonly isTTY?: boolean;
  /** Ends it now: whoever reads sees its end or its failure. */
  destroy(): unknown;
}

/** Takes bytes in order; tells when its reader is slow or has gone. */
export interface ByteOutput {
  /** @returns what resolves when more may be written, where that is not at once; never rejects */
  write(chunk: Uint8Array | string): Promise<void> | undefined;
  /** Resolves when all that was written has left this process, or nothing more can. */
  flushed(): Promise<void>;
  /** Fires when the reader has closed its end, or writing fails: nothing more gets through. */
  readonly gone: AbortSignal;
  /** Lets go of what the reader has not taken. */
  destroy(): void;
}
