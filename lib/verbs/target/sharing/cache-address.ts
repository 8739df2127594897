import { type CacheAddress, parseCacheAddress } from "../../../cache/address.ts";
import { variablesIn, withVariables } from "../placeholders.ts";

/** How a cache serves a process. */
export interface CacheUse {
  /** Its address, without user and password. */
  at: string;
  /** Null: it was not asked yet. */
  serves: boolean | null;
  /** Why it does not serve, or is not used. */
  why?: string;
}

/**
 * Checks an address that is to be kept: its variables may be set elsewhere alone.
 *
 * @throws M2mcpError (exit 1), which repeats nothing of it
 */
export function checkCacheAddress(given: string, env: Record<string, string | undefined>): void {
  const names = variablesIn(given);
  const isWhole = /^\s*\$\{\w+\}\s*$/.test(given);
  if (isWhole && names.some((name) => env[name] === undefined)) return;
  cacheAddress(given, { ...Object.fromEntries(names.map((name) => [name, "x"])), ...env });
}

/**
 * The cache that --cache or a profile names; undefined for none, and for `off`. Variables in it are put in now: within
 * an address as a password may be, where it is one variable as a whole as it stands.
 *
 * @throws M2mcpError (exit 1), which repeats nothing of the address
 */
export function cacheAddress(
  given: string | undefined,
  env: Record<string, string | undefined>,
): CacheAddress | undefined {
  const text = given?.trim();
  if (!text || text === "off") return undefined;
  const isWhole = /^\$\{\w+\}$/.test(text);
  const written = (value: string) => (isWhole ? value.trim() : encodeURIComponent(value));
  return parseCacheAddress(withVariables(text, env, "the address of the cache", written));
}
