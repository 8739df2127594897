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
const SHORT_LENGTH = (2 * MAX_WEIGHT) / OBJECT;
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
    const end = at + PIECE;
    scale.add(typeof text === "string" ? Buffer.from(text.slice(at, end)) : text.subarray(at, end));
    if (scale.weight() > MAX_WEIGHT) return true;
  }
  return false;
}

/** JSON that comes in pieces, as far as it was looked at. */
interface Scale {
  inString: boolean;
  escaped: boolean;
  objects: number;
  strings: number;
  keys: number;
  members: number;
}

/** Weighs JSON that comes in pieces. Invalid JSON has some weight too. */
export function createScale() {
  const scale: Scale = { inString: false, escaped: false, objects: 0, strings: 0, keys: 0, members: 0 };
  return {
    add(bytes: Uint8Array): void {
      for (let at = scale.inString ? skipString(scale, bytes, 0) : 0; at < bytes.length; )
        at = weighByte(scale, bytes, at);
    },
    weight(): number {
      const { objects, strings, keys, members } = scale;
      return OBJECT * objects + STRING * Math.max(0, strings - keys) + KEY * keys + MEMBER * members;
    },
  };
}

/** @returns where to go on */
function weighByte(scale: Scale, bytes: Uint8Array, at: number): number {
  switch (bytes[at]) {
    case QUOTE:
      scale.inString = true;
      return skipString(scale, bytes, at + 1);
    case 0x7b: // {
    case 0x5b: // [
      scale.objects++;
      break;
    case 0x3a: // :
      scale.keys++;
      break;
    case 0x2c: // ,
      scale.members++;
      break;
  }
  return at + 1;
}

/** @returns where the string ends, behind its quote; the length where it goes on */
function skipString(scale: Scale, bytes: Uint8Array, from: number): number {
  let at = from;
  // Short strings are passed by hand: a search costs more than it saves.
  for (const near = Math.min(bytes.length, from + NEAR); at < near; at++) {
    const byte = bytes[at];
    if (scale.escaped) scale.escaped = false;
    else if (byte === BACKSLASH) scale.escaped = true;
    else if (byte === QUOTE) return endString(scale, at);
  }
  while (at < bytes.length) {
    const quote = bytes.indexOf(QUOTE, at);
    const end = quote === -1 ? bytes.length : quote;
    let slashes = 0;
    while (end - slashes > at && bytes[end - slashes - 1] === BACKSLASH) slashes++;
    const whole = end - slashes === at && scale.escaped ? slashes + 1 : slashes;
    scale.escaped = whole % 2 === 1;
    if (quote === -1) return bytes.length;
    at = quote + 1;
    if (!scale.escaped) return endString(scale, quote);
    scale.escaped = false;
  }
  return at;
}

function endString(scale: Scale, quote: number): number {
  scale.inString = false;
  scale.strings++;
  return quote + 1;
}
