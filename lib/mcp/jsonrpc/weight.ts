import type { Text } from "./bytes.ts";

/**
 * What the parsed values of a message may take, in bytes: a limit on its text alone would let 100 MB of `{},` become
 * gigabytes.
 */
const MAX_WEIGHT = 384 * 1024 * 1024;

/** What a value takes in this runtime beside its text, in bytes, as measured. */
const OBJECT = 96;
const STRING = 40;
const KEY = 16;
const MEMBER = 24;

/** A shorter text cannot weigh too much, whatever is in it. */
const SHORT_LENGTH = MAX_WEIGHT / OBJECT;
/** How much is looked at in one go, in characters. */
const PIECE = 1024 * 1024;

/** Strings up to this long are looked through by hand, in bytes. */
const NEAR = 24;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether reading a JSON text would take more memory than a message may; told before it is read. */
export function isTooHeavy(text: Text): boolean {
  if (text.length < SHORT_LENGTH) return false;
  const scale = createScale();
  for (let at = 0; at < text.length; at += PIECE) {
    const piece = text.slice(at, at + PIECE);
    scale.add(typeof piece === "string" ? Buffer.from(piece) : piece);
    if (scale.weight() > MAX_WEIGHT) return true;
  }
  return false;
}

/** Weighs JSON that comes in pieces. Invalid JSON has some weight too. */
export function createScale() {
  let inString = false;
  let escaped = false;
  let objects = 0;
  let strings = 0;
  let keys = 0;
  let members = 0;

  /** @returns where the string ends, behind its quote; the length where it goes on */
  function skipString(bytes: Uint8Array, from: number): number {
    let at = from;
    // Short strings are passed by hand: a search costs more than it saves.
    for (const near = Math.min(bytes.length, from + NEAR); at < near; at++) {
      const byte = bytes[at];
      if (escaped) escaped = false;
      else if (byte === BACKSLASH) escaped = true;
      else if (byte === QUOTE) return endString(at);
    }
    while (at < bytes.length) {
      const quote = bytes.indexOf(QUOTE, at);
      const end = quote === -1 ? bytes.length : quote;
      let slashes = 0;
      while (end - slashes > at && bytes[end - slashes - 1] === BACKSLASH) slashes++;
      const whole = end - slashes === at && escaped ? slashes + 1 : slashes;
      escaped = whole % 2 === 1;
      if (quote === -1) return bytes.length;
      at = quote + 1;
      if (!escaped) return endString(quote);
      escaped = false;
    }
    return at;
  }

  function endString(quote: number): number {
    inString = false;
    strings++;
    return quote + 1;
  }

  return {
    add(bytes: Uint8Array): void {
      let at = inString ? skipString(bytes, 0) : 0;
      while (at < bytes.length) {
        switch (bytes[at++]) {
          case QUOTE:
            inString = true;
            at = skipString(bytes, at);
            break;
          case 0x7b: // {
          case 0x5b: // [
            objects++;
            break;
          case 0x3a: // :
            keys++;
            break;
          case 0x2c: // ,
            members++;
            break;
        }
      }
    },
    weight: () => OBJECT * objects + STRING * Math.max(0, strings - keys) + KEY * keys + MEMBER * members,
  };
}
