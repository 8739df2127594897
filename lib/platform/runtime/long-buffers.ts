// Memory of long messages that the next one uses again. New memory costs more than all else that is done with a message
// that passes on as it came: each page of it a fault at the first touch, and a collection when it is left behind.

/** Shorter messages are text soon, so that nobody gives their memory back, in bytes. */
const MIN_BYTES = 128 * 1024;
/** Longest that is kept, in bytes. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;
/** How long it is kept for the next message, in ms. */
const KEPT_MS = 1000;

/** Given out, and not given back yet. */
const taken = new WeakSet<ArrayBufferLike>();
let kept: ArrayBuffer | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Bun copies the body of a request when it is sent; elsewhere it might still be read when its memory is used again. */
const isReusable = "Bun" in globalThis;

/** Room for so many bytes: what is in it at first may be anything. Who does not give it back leaves it to be collected. */
export function takeBuffer(length: number): Uint8Array<ArrayBuffer> {
  if (!isReusable || length < MIN_BYTES) return new Uint8Array(length);
  const buffer = kept && kept.byteLength >= length ? kept : new ArrayBuffer(length);
  if (buffer === kept) kept = undefined;
  taken.add(buffer);
  return new Uint8Array(buffer, 0, length);
}

/** Whether these bytes are in memory that can be given back. */
export const isTaken = (bytes: Uint8Array): boolean => taken.has(bytes.buffer);

/** Gives back what `takeBuffer` gave; all other memory stays as it is. Who still holds it sees it empty, never the next message. */
export function giveBackBuffer({ buffer }: Uint8Array): void {
  if (!(buffer instanceof ArrayBuffer) || !taken.delete(buffer)) return;
  if (buffer.byteLength > MAX_KEPT_BYTES || (kept && kept.byteLength >= buffer.byteLength)) {
    buffer.transfer(0);
    return;
  }
  kept?.transfer(0);
  kept = buffer.transfer();
  if (timer) timer.refresh();
  else
    timer = setTimeout(() => {
      kept = undefined;
    }, KEPT_MS).unref();
}

/** Copies a piece that nobody else holds, and frees it without waiting for a collection. */
export function movePiece(piece: Uint8Array, to: Uint8Array, at: number): void {
  to.set(piece, at);
  const { buffer, byteLength } = piece;
  if (isReusable && buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/** Pieces that nobody else holds, as one. */
export function joinPieces(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = takeBuffer(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    const { length } = piece;
    movePiece(piece, whole, at);
    at += length;
  }
  return whole;
}
