/** One challenge of a `WWW-Authenticate` header (RFC 9110 §11.6.1). */
export interface Challenge {
  /** In lower case. */
  scheme: string;
  /** Names in lower case. */
  params: Record<string, string>;
}

/** Longest header looked at, in characters. */
const LONGEST = 16 * 1024;
const SEPARATOR = /[\s,;]/;
/** Schemes that are taken for one wherever they stand: some gateways put nothing between their challenges. */
const KNOWN = ["basic", "bearer", "digest", "dpop", "negotiate", "ntlm"];

/**
 * The challenges of a `WWW-Authenticate` header, or of several joined by commas, in order. Lenient, since gateways
 * write it by hand: commas may be missing or semicolons, values may be unquoted whatever they hold, or in single
 * quotes. What cannot be read, as the token of `Negotiate`, is passed over.
 */
export function parseChallenges(header: string | null): Challenge[] {
  const text = (header ?? "").slice(0, LONGEST);
  const challenges: Challenge[] = [];
  /** A word may be a scheme at the start and after a separator that is no blank; else it belongs to what is before it. */
  let mayBeScheme = true;
  for (let at = 0; at < text.length; ) {
    const char = text.charAt(at);
    if (SEPARATOR.test(char)) {
      if (char !== " " && char !== "\t") mayBeScheme = true;
      at++;
      continue;
    }
    const word = readWord(text, at);
    const equals = skipBlanks(text, word.end);
    if (text.charAt(equals) !== "=" || isToken68(text, equals)) {
      const scheme = word.text.toLowerCase();
      if (scheme !== "" && (mayBeScheme || KNOWN.includes(scheme))) challenges.push({ scheme, params: {} });
      at = Math.max(afterEquals(text, word.end), at + 1);
    } else {
      const value = readValue(text, skipBlanks(text, equals + 1));
      take(challenges, word.text.toLowerCase(), value.text);
      at = Math.max(value.end, at + 1);
    }
    mayBeScheme = false;
  }
  return challenges;
}

/** Adds a parameter to the last challenge; to one without a scheme where some program left that out. */
function take(challenges: Challenge[], name: string, value: string): void {
  if (name === "") return;
  if (challenges.length === 0) challenges.push({ scheme: "", params: {} });
  const params = challenges.at(-1)?.params ?? {};
  // Of two that have one name the first that says something counts; errors are compared without case.
  params[name] ||= name === "error" ? value.toLowerCase() : value;
}

interface Piece {
  text: string;
  end: number;
}

function readWord(text: string, start: number): Piece {
  let end = start;
  while (end < text.length && !/[\s,;="]/.test(text.charAt(end))) end++;
  return { text: text.slice(start, end), end };
}

function skipBlanks(text: string, start: number): number {
  let at = start;
  while (text.charAt(at) === " " || text.charAt(at) === "\t") at++;
  return at;
}

/** Whether `=` pads a token68 (RFC 9110 §11.2) rather than standing before a value. */
function isToken68(text: string, equals: number): boolean {
  const end = afterEquals(text, equals);
  return end === text.length || (end - equals > 1 && SEPARATOR.test(text.charAt(end)));
}

function afterEquals(text: string, start: number): number {
  let at = start;
  while (text.charAt(at) === "=") at++;
  return at;
}

/** A value in quotes of either kind, else up to the next separator; a quote that is never closed is passed over. */
function readValue(text: string, start: number): Piece {
  const quote = text.charAt(start);
  if (quote === '"' || quote === "'") {
    const close = closingQuote(text, start + 1, quote);
    if (close !== -1) return { text: text.slice(start + 1, close).replace(/\\(.)/g, "$1"), end: close + 1 };
    return readValue(text, start + 1);
  }
  let end = start;
  while (end < text.length && !SEPARATOR.test(text.charAt(end))) end++;
  return { text: text.slice(start, end), end };
}

function closingQuote(text: string, start: number, quote: string): number {
  for (let at = start; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "\\" && quote === '"') at++;
    else if (char === quote) return at;
  }
  return -1;
}
