import { isObject, type JsonObject } from "../../json.ts";
import { exactJson } from "../../mcp/jsonrpc/exact-json.ts";

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What a sealed value begins with: another client's own may look like anything. */
const PREFIX = "m2mcp.";

/** Values that clients keep for us: encrypted and authenticated (NIST SP 800-38D), so that any replica trusts its own. */
export interface Seals {
  /** @returns visible ASCII, good for a header */
  seal(use: SealUse, value: JsonObject): string;
  /** The value; undefined for what no replica of ours has sealed for this use. */
  open(use: SealUse, text: unknown): JsonObject | undefined;
}

/** One is no good in the place of another. */
export type SealUse = "session" | "question" | "place" | "state" | "holder";

/** Longest of what is needed to go on with a request elsewhere, before it is sealed, in characters: it travels twice. */
export const MOST_CARRIED = 48_000;

/** What was sealed as JSON, to go on with elsewhere, with each number as it was; undefined where there is none. */
export function carriedIn(json: unknown): JsonObject | undefined {
  if (typeof json !== "string") return undefined;
  const value = exactJson(json);
  return isObject(value) ? value : undefined;
}

/**
 * @param key 32 bytes, which all replicas share
 * @param server the server's address: what was sealed for one is no good for another
 */
export function createSeals(key: Uint8Array, server: string): Seals {
  const { createCipheriv, createDecipheriv, randomBytes } = process.getBuiltinModule("node:crypto");
  const beside = (use: SealUse) => Buffer.from(JSON.stringify([use, server]));
  return {
    seal(use, value) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(beside(use));
      const sealed = [nonce, cipher.update(JSON.stringify(value), "utf8"), cipher.final()];
      return PREFIX + Buffer.concat([...sealed, cipher.getAuthTag()]).toString("base64url");
    },
    open(use, text) {
      if (typeof text !== "string" || !text.startsWith(PREFIX)) return undefined;
      const bytes = Buffer.from(text.slice(PREFIX.length), "base64url");
      // Base64 has many spellings of the same: only ours is.
      const isOurs = text === PREFIX + bytes.toString("base64url");
      if (!isOurs || bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
      try {
        const nonce = bytes.subarray(0, NONCE_BYTES);
        const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
        decipher.setAAD(beside(use)).setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
        const content = decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES));
        const value: unknown = JSON.parse(Buffer.concat([content, decipher.final()]).toString("utf8"));
        return isObject(value) ? value : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
