/**
 * An address in the one spelling that all of its spellings share: `URL` settles case, port and dots; here percent
 * encodings of characters that need none are undone, and the others are written in capitals (RFC 3986 §6.2.2).
 */
export function normalUrl(url: URL): URL {
  const normal = new URL(url);
  normal.pathname = normalEscapes(url.pathname);
  // Also where it is empty: that takes a lone "?" away.
  normal.search = normalEscapes(url.search);
  return normal;
}

const normalEscapes = (text: string): string =>
  text.replace(/%[0-9a-f]{2}/gi, (code) => {
    const char = String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(char) ? char : code.toUpperCase();
  });
