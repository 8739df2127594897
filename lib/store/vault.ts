import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { damagedFile, newerFormat } from "./errors.ts";

/** What a file says of itself in clear; authenticated with the content, so that files cannot change places. */
export interface Header {
  kind: "profile" | "state";
  name: string;
}

const MAGIC = "m2mcp";
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const headerLine = ({ kind, name }: Header, version: number) => `${MAGIC} ${version} ${kind} ${name}\n`;

/**
 * Encrypts a value as a file's bytes: one line of header in clear, nonce, AES-256-GCM ciphertext, tag.
 * @param key 32 bytes
 */
export function seal(key: Uint8Array, header: Header, value: unknown): Uint8Array {
  const line = Buffer.from(headerLine(header, VERSION));
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(line);
  const content = Buffer.concat([cipher.update(JSON.stringify(value), "utf8"), cipher.final()]);
  return Buffer.concat([line, nonce, content, cipher.getAuthTag()]);
}

/**
 * Decrypts a file's bytes.
 * @param file its path, for messages
 * @throws M2mcpError damaged, newer_format
 */
export function unseal(key: Uint8Array, header: Header, bytes: Uint8Array, file: string): unknown {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = buffer.indexOf(10) + 1;
  const [magic, version] = buffer
    .subarray(0, Math.max(0, end - 1))
    .toString("utf8")
    .split(" ");
  if (magic === MAGIC && /^\d+$/.test(version ?? "") && Number(version) > VERSION)
    throw newerFormat(file, version);
  const line = headerLine(header, VERSION);
  if (buffer.subarray(0, end).toString("utf8") !== line || buffer.length < end + NONCE_BYTES + TAG_BYTES)
    throw damagedFile(file);
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, buffer.subarray(end, end + NONCE_BYTES));
    decipher.setAAD(buffer.subarray(0, end));
    decipher.setAuthTag(buffer.subarray(-TAG_BYTES));
    const content = buffer.subarray(end + NONCE_BYTES, -TAG_BYTES);
    return JSON.parse(decipher.update(content, undefined, "utf8") + decipher.final("utf8"));
  } catch {
    throw damagedFile(file);
  }
}

/** A name that the same parts always give, under this key only: it reveals none of them. */
export function fingerprint(key: Uint8Array, parts: string[]): string {
  return createHmac("sha256", key).update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}
