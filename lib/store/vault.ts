import { jsonIn } from "../json.ts";
import { decrypt, encrypt, OVERHEAD_BYTES, plain } from "./aead.ts";
import { damagedFile, newerFormat } from "./errors.ts";

/** What a file says of itself in clear; authenticated with the content, so that files cannot change places. */
export interface Header {
  kind: "profile" | "state" | "pins";
  name: string;
}

const MAGIC = "m2mcp";
const VERSION = 1;

const headerLine = ({ kind, name }: Header, version: number) => `${MAGIC} ${version} ${kind} ${name}\n`;

/**
 * Encrypts a value as a file's bytes: one line of header in clear, nonce, AES-256-GCM ciphertext, tag.
 * @param key 32 bytes
 */
export async function seal(key: Uint8Array, header: Header, value: unknown): Promise<Uint8Array> {
  const line = Buffer.from(headerLine(header, VERSION));
  return Buffer.concat([line, await encrypt(key, Buffer.from(JSON.stringify(value)), line)]);
}

/**
 * Decrypts a file's bytes.
 * @param file its path, for messages
 * @throws M2mcpError damaged, newer_format
 */
export async function unseal(
  key: Uint8Array,
  header: Header,
  bytes: Uint8Array,
  file: string,
): Promise<unknown> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = buffer.indexOf(10) + 1;
  const [magic, version] = buffer
    .subarray(0, Math.max(0, end - 1))
    .toString("utf8")
    .split(" ");
  if (magic === MAGIC && /^\d+$/.test(version ?? "") && Number(version) > VERSION)
    throw newerFormat(file, version);
  const line = headerLine(header, VERSION);
  if (buffer.subarray(0, end).toString("utf8") !== line || buffer.length < end + OVERHEAD_BYTES)
    throw damagedFile(file);
  const content = await decrypt(key, buffer.subarray(end), buffer.subarray(0, end));
  if (!content) throw damagedFile(file);
  const value = jsonIn(content.toString("utf8"));
  if (value === undefined) throw damagedFile(file);
  return value;
}

/** A name that the same parts always give, under this key only: it reveals none of them. */
export async function fingerprint(key: Uint8Array, parts: readonly unknown[]): Promise<string> {
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const signing = await crypto.subtle.importKey("raw", plain(key), hmac, false, ["sign"]);
  const mac = await crypto.subtle.sign(hmac, signing, Buffer.from(JSON.stringify(parts)));
  return Buffer.from(mac).toString("hex").slice(0, 32);
}
