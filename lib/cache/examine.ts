// What can be found out about a cache, for people.
import type { CacheAddress } from "./address.ts";
import { type ConnectOptions, connect, type Reply } from "./connect.ts";
import { acquire, forget, look, release, write } from "./entry.ts";
import { limited } from "./limited.ts";
import { type Trouble, troubleOf } from "./trouble.ts";

/** How long each step may take, in ms. */
const LIMIT_MS = 2000;
/** How long what is written for a trial stays, in ms. */
const TRIAL_MS = 2000;

/** What a cache is like. */
export type Examined =
  | { kind: "serves"; server: string; isOld: boolean; tookMs: number }
  | { kind: "fails"; trouble: Trouble };

/**
 * Reaches a cache, looks which server it is, and does once all that is done with tokens, with an entry of no meaning.
 *
 * @param name of that entry
 */
export async function examine(
  address: CacheAddress,
  options: ConnectOptions,
  name: string,
): Promise<Examined> {
  try {
    const connection = await limited((cutBy) => connect(address, options, cutBy), LIMIT_MS);
    try {
      return await limited(async (cutBy) => {
        cutBy(connection.close);
        const { command } = connection;
        const beganMs = performance.now();
        const over = await look(name)(command);
        const tookMs = performance.now() - beganMs;
        const owner = "trial";
        await acquire(name, `${owner} 0`, TRIAL_MS)(command);
        await write(name, { over, sealed: "trial", lifeMs: TRIAL_MS, lock: undefined })(command);
        await release(name, owner)(command);
        await forget(name)(command);
        // Whoever may not ask for it may use the cache all the same.
        const info = await command("INFO", "server").catch(() => "");
        return { kind: "serves", ...versionIn(info), tookMs };
      }, LIMIT_MS);
    } finally {
      connection.close();
    }
  } catch (error) {
    return { kind: "fails", trouble: troubleOf(error) };
  }
}

/** Redis before 6.2, and what says nothing of itself. */
function versionIn(info: Reply): { server: string; isOld: boolean } {
  const text = typeof info === "string" ? info : "";
  const valkey = /^valkey_version:([\d.]{1,20})/m.exec(text)?.[1];
  const redis = /^redis_version:([\d.]{1,20})/m.exec(text)?.[1];
  if (valkey !== undefined) return { server: `Valkey ${valkey}`, isOld: false };
  if (redis === undefined) return { server: "a server that may not be asked for its version", isOld: false };
  const [major = 0, minor = 0] = redis.split(".").map(Number);
  return { server: `Redis ${redis}`, isOld: major < 6 || (major === 6 && minor < 2) };
}
