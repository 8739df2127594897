import { badKey } from "../errors.ts";

/** How base64 of a PEM or of a JWK begins: variables of CI often hold keys in it, since they keep no lines. */
const ENCODED = /^(LS0tLS1CRUdJTi|ey)[A-Za-z0-9+/=\s]+$/;
/** How PEM goes on without its first and last line, which some settings want left out. */
const BARE = /^M[A-Za-z0-9+/=\s]{60,}$/;

/** Whether a text is a key or certificate itself rather than the path of one. */
export function isKeyText(text: string): boolean {
  const start = text.slice(0, 4000).replace(/^[\ufeff\s"']+/, "");
  // What programs write before a key, such as its attributes, is no part of it.
  if (start.includes("-----BEGIN ") || start.startsWith("{") || start.startsWith("LS0tLS1CRUdJTi"))
    return true;
  const pem = pemText(text);
  return pem.startsWith("-----BEGIN ") || pem.startsWith("{");
}

/**
 * A key or certificate with the lines that it had: out of quotes, out of base64, with line ends where the two
 * characters `\n` or blanks took their place on the way through JSON, .env files and shells.
 */
export function pemText(text: string): string {
  const bare = text
    .replace(/^\ufeff/, "")
    .trim()
    .replace(/^(["'])([\s\S]*)\1$/, "$2")
    .trim();
  const decoded = ENCODED.test(bare) ? Buffer.from(bare, "base64").toString("utf8") : "";
  if (/^(-----BEGIN |\{)/.test(decoded)) return pemText(decoded);
  const label = BARE.test(bare) ? labelOf(Buffer.from(bare, "base64")) : undefined;
  if (label !== undefined) return withLines("", `-----BEGIN ${label}-----`, bare, `-----END ${label}-----`);
  // JSON that was written as a string of JSON.
  if (bare.startsWith('{\\"')) return bare.replaceAll('\\"', '"');
  if (!bare.includes("-----BEGIN ")) return bare;
  return bare
    .replaceAll(/\\+r\\+n|\\+n|\r\n|\r/g, "\n")
    .replaceAll(/[^\n]+/g, (line) => line.trim())
    .replaceAll(BLOCK, withLines);
}

/** What a DER key is by its first members (RFC 5958, RFC 8017 A.1.2, RFC 5915); undefined for anything else. */
function labelOf(der: Buffer): string | undefined {
  if (der[0] !== 0x30) return undefined;
  const first = (der[1] ?? 0) < 0x80 ? 2 : 2 + ((der[1] ?? 0) & 0x7f);
  const begin = der.subarray(first, first + 4).toString("hex");
  if (begin === "02010030") return "PRIVATE KEY";
  if (begin === "02010002") return "RSA PRIVATE KEY";
  return begin === "02010104" ? "EC PRIVATE KEY" : undefined;
}

/** Neither looks beyond the next five dashes, so that a text of many beginnings is read once. */
const BLOCK = /(-----BEGIN [A-Z0-9 ]+-----)([^-\n]*(?:-(?!----)[^-\n]*)*)(-----END [A-Z0-9 ]+-----)/g;
const WHOLE_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*(?:-(?!----)[^-]*)*)-----END \1-----/g;

/** A block that stands on one line, on lines again; an encrypted one of old has headers before an empty line. */
function withLines(_all: string, begin: string, body: string, end: string): string {
  const headers = /^\s*(Proc-Type: \S+)\s+(DEK-Info: \S+)/.exec(body);
  const rest = headers ? body.slice(headers[0].length) : body;
  const lines = rest.split(/\s+/).filter((line) => line !== "");
  return [begin, ...(headers ? [headers[1], headers[2], ""] : []), ...lines, end].join("\n");
}

/** A private key in PEM (RFC 7468). */
export interface PemKey {
  /** The whole block. */
  pem: string;
  label: string;
  der: Buffer;
  encrypted: boolean;
}

/**
 * The private key in a text, which may hold certificates and parameters beside it.
 * @throws M2mcpError bad_key that says what the text holds instead, and never quotes it
 */
export function privateKeyBlock(text: string): PemKey {
  const blocks = [...text.matchAll(WHOLE_BLOCK)];
  const block = blocks.find(([, label]) => label?.endsWith("PRIVATE KEY"));
  const [pem, label, body = ""] = block ?? [];
  if (pem === undefined || label === undefined) throw badKey(whatElse(blocks[0]?.[1]));
  if (label === "OPENSSH PRIVATE KEY")
    throw badKey("it is in OpenSSH's own form: ssh-keygen -p -m PKCS8 -f FILE converts it");
  const encrypted = label === "ENCRYPTED PRIVATE KEY" || body.includes("ENCRYPTED");
  return { pem, label, der: Buffer.from(body, "base64"), encrypted };
}

function whatElse(label: string | undefined): string {
  if (label?.endsWith("PUBLIC KEY")) return "it is a public key: the private one is needed";
  if (label?.endsWith("CERTIFICATE"))
    return "it is a certificate (--certificate takes that): the private key is needed";
  return "it is neither a PEM private key nor a JWK";
}
