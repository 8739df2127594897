import { decodings, decodingsOf } from "./decodings.ts";

/** A shorter secret is as likely a word of the text. */
const SHORTEST = 4;
/** A shorter piece of base64 is as likely a word of the text. */
const SHORTEST_PIECE = 8;
/** What may be base64 of something that holds a secret. */
const BASE64_RUN = /[A-Za-z0-9+/_-]{6,}={0,2}/g;
/** Longest text looked at, in characters; what is beyond is left out. */
const LONGEST = 64 * 1024;

/**
 * Text of a server without the secrets that were sent to it: some repeat what they refuse. A secret is seen in any
 * case of percent encoding, as HTML, in JSON's escapes, in several of these at once, and in base64 and hex, also of
 * something longer that it is a part of.
 */
export function withoutSecrets(text: string, secrets: readonly (string | undefined)[]): string {
  const sought = secrets.filter((secret) => secret !== undefined && secret.length >= SHORTEST);
  if (sought.length === 0 || text === "") return text;
  const within = text.slice(0, LONGEST);
  const hidden: [start: number, end: number][] = [];
  const plain = sought.map((secret = "") => Buffer.from(secret, "utf8").toString("latin1"));
  for (const { bytes, startOf, endOf } of decodings(within)) {
    for (const secret of plain)
      for (const at of occurrences(bytes, secret)) hidden.push([startOf(at), endOf(at + secret.length - 1)]);
    for (const piece of plain.flatMap(piecesOf)) {
      let done = 0;
      for (const at of occurrences(bytes, piece)) {
        // One run may hold a piece many times: it is measured once.
        if (at < done) continue;
        const [start, end] = runAt(bytes, at, at + piece.length);
        hidden.push([startOf(start), endOf(end - 1)]);
        done = end;
      }
    }
    for (const { 0: run, index } of bytes.matchAll(BASE64_RUN))
      if (holdsAny(Buffer.from(run, "base64").toString("latin1"), plain))
        hidden.push([startOf(index), endOf(index + run.length - 1)]);
  }
  return withoutCutSecret(blankOut(within, hidden), sought);
}

/** A text that was cut may end with the beginning of a secret. */
function withoutCutSecret(text: string, secrets: readonly (string | undefined)[]): string {
  if (!text.endsWith("…")) return text;
  const end = text.slice(0, -1);
  for (const secret of secrets)
    for (let length = Math.min(end.length, secret?.length ?? 0); length >= SHORTEST; length--)
      if (secret?.startsWith(end.slice(-length))) return `${end.slice(0, -length)}…`;
  return text;
}

/** Whether one of the secrets is in bytes that were encoded as a whole, such as those of Basic. */
const holdsAny = (bytes: string, secrets: string[]): boolean =>
  decodingsOf(bytes).some((decoded) => secrets.some((secret) => decoded.bytes.includes(secret)));

/** Where a piece stands in a text. */
function* occurrences(text: string, piece: string): Generator<number> {
  for (let at = text.indexOf(piece); at !== -1; at = text.indexOf(piece, at + 1)) yield at;
}

/** What of a secret shows in base64 of something that it is a part of, at each of the three offsets; and in hex. */
function piecesOf(secret: string): string[] {
  const bytes = Buffer.from(secret, "latin1");
  const base64 = [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64url");
    // The first and the last characters also hold bits of the neighbours.
    const from = offset === 0 ? 0 : offset + 1;
    const whole = Math.floor(((offset + bytes.length) * 8) / 6);
    const piece = encoded.slice(from, whole);
    return [piece, piece.replaceAll("-", "+").replaceAll("_", "/")];
  });
  const hex = bytes.toString("hex");
  return [...new Set([...base64, hex, hex.toUpperCase()])].filter(({ length }) => length >= SHORTEST_PIECE);
}

/** The run of base64 that a piece is a part of. */
function runAt(text: string, from: number, to: number): [start: number, end: number] {
  const isPart = (at: number) => /[A-Za-z0-9+/_=-]/.test(text.charAt(at));
  let [start, end] = [from, to];
  while (start > 0 && isPart(start - 1)) start--;
  while (end < text.length && isPart(end)) end++;
  return [start, end];
}

function blankOut(text: string, hidden: [start: number, end: number][]): string {
  let shown = "";
  let at = 0;
  for (const [start, end] of hidden.sort(([a], [b]) => a - b)) {
    if (start > at || (start === at && end > at)) shown += `${text.slice(at, start)}…`;
    at = Math.max(at, end);
  }
  return shown + text.slice(at);
}
