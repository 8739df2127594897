// What lies in a cache: names that reveal nothing, and values that only who has the same secret can read or make.
import { isObject, type JsonObject, jsonIn } from "../json.ts";
import { stretchedKey } from "../platform/stretched-key.ts";
import { decrypt, encrypt, plain } from "../store/aead.ts";
import { fingerprint } from "../store/vault.ts";

const ROOT_BYTES = 32;
const LABEL = "m2mcp cache 1";

/** A secret that all members of a fleet have. */
export interface SharedSecret {
  text: string;
  /** It was made by a machine: nobody finds it by trying. */
  isRandom: boolean;
}

/**
 * The root of all keys for a secret.
 *
 * @param salt what the secret is for, as all members write it
 * @returns 32 bytes
 */
export async function rootOf({ text, isRandom }: SharedSecret, salt: string): Promise<Uint8Array> {
  const salted = `${LABEL} ${salt}`;
  return isRandom ? expand(Buffer.from(text), salted) : stretchedKey(text, salted);
}

/** What members of a fleet keep for one set of credentials at one server. */
export interface Vault {
  /** The name of the entry in the cache. */
  name: string;
  seal(value: JsonObject): Promise<string>;
  /** The value; undefined for what nobody with the same secret has sealed for this name. */
  open(text: string): Promise<JsonObject | undefined>;
}

/**
 * @param root by `rootOf`
 * @param parts what tells tokens apart that the same secret gets
 */
export async function createVault(root: Uint8Array, parts: readonly unknown[]): Promise<Vault> {
  const [key, naming] = await Promise.all([expand(root, `${LABEL} seal`), expand(root, `${LABEL} name`)]);
  // In braces: a server that spreads keys by hash keeps together what belongs together.
  const name = `m2mcp:{${await fingerprint(naming, parts)}}`;
  const beside = Buffer.from(`${LABEL} ${name}`);
  return {
    name,
    async seal(value) {
      return (await encrypt(key, Buffer.from(JSON.stringify(value)), beside)).toString("base64url");
    },
    async open(text) {
      const content = await decrypt(key, Buffer.from(text, "base64url"), beside);
      const value = content && jsonIn(content.toString("utf8"));
      return isObject(value) ? value : undefined;
    },
  };
}

/** 32 bytes by HKDF (RFC 5869). */
async function expand(key: Uint8Array, info: string): Promise<Uint8Array> {
  const imported = await crypto.subtle.importKey("raw", plain(key), "HKDF", false, ["deriveBits"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: Buffer.from(info) };
  return new Uint8Array(await crypto.subtle.deriveBits(how, imported, ROOT_BYTES * 8));
}
