// The entry of a fleet in a cache, its lock, and the scripts that change them: each is done whole or not at all, on the
// cache's own clock.
import type { Reply } from "./connect.ts";
import type { Question } from "./link.ts";
import { senseless } from "./trouble.ts";

/** An entry as it lies there. */
export interface RawEntry {
  /** As it was written; empty where there is none. */
  text: string;
  /** How long it will stay, in ms; undefined where that is not said. */
  leftMs?: number;
}

const namesOf = (name: string) => [name, `${name}:lock`, `${name}:count`] as const;

/** What was sealed within an entry, behind its format and the number of the lock that it was written under. */
export const sealedIn = ({ text }: RawEntry): string | undefined => /^1 \d+ ([\w-]+)$/.exec(text)?.[1];

/** Reads the entry. */
export const look =
  (name: string): Question<RawEntry> =>
  async (command) => {
    const [text, leftMs] = await Promise.all([command("GET", name), command("PTTL", name)]);
    return entryOf(text, leftMs);
  };

const ACQUIRE = `
local entry = redis.call('GET', KEYS[1]) or ''
local left = redis.call('PTTL', KEYS[1])
local held = redis.call('GET', KEYS[2])
if held then return {0, held, entry, left} end
local last = tonumber(string.match(entry, '^1 (%d+) ')) or 0
local count = math.max(tonumber(redis.call('GET', KEYS[3])) or 0, last) + 1
redis.call('SET', KEYS[3], string.format('%.0f', count), 'PX', 86400000)
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return {count, '', entry, left}`;

/** What came of asking for the lock: its number, which only grows, or whose it is. */
export type Acquired = { entry: RawEntry } & ({ number: number } | { heldBy: string });

/** @param mark of who asks, `owner beat` */
export const acquire =
  (name: string, mark: string, leaseMs: number): Question<Acquired> =>
  async (command) => {
    const reply = await command("EVAL", ACQUIRE, 3, ...namesOf(name), mark, leaseMs);
    const [number, heldBy, text, leftMs] = Array.isArray(reply) ? (reply as Reply[]) : [];
    if (typeof number !== "number" || typeof heldBy !== "string") throw senseless();
    const entry = entryOf(text, leftMs);
    return number > 0 ? { number, entry } : { heldBy, entry };
  };

const KEEP = `
local held = redis.call('GET', KEYS[1])
if not held or string.sub(held, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PX', ARGV[3])
return 1`;

/** Shows that the owner of the lock lives; false where it is another's by now. */
export const keep =
  (name: string, owner: string, beat: number, leaseMs: number): Question<boolean> =>
  async (command) =>
    (await command("EVAL", KEEP, 1, namesOf(name)[1], `${owner} `, beat, leaseMs)) === 1;

const RELEASE = `
local held = redis.call('GET', KEYS[1])
if held and string.sub(held, 1, #ARGV[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`;

export const release =
  (name: string, owner: string): Question<boolean> =>
  async (command) =>
    (await command("EVAL", RELEASE, 1, namesOf(name)[1], `${owner} `)) === 1;

const WRITE = `
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if ARGV[4] ~= '' then
  local held = redis.call('GET', KEYS[2])
  if not held or string.sub(held, 1, #ARGV[4]) ~= ARGV[4] then return -1 end
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;

/** What is written in place of what: refused where that has changed, and to who has the lock no more. */
export interface Write {
  over: RawEntry;
  sealed: string;
  /** How long it stays, in ms. */
  lifeMs: number;
  /** The lock it is written under; without, the entry keeps the number it had. */
  lock: { owner: string; number: number } | undefined;
}

export type Written = "written" | "changed" | "lost";
/** What a look at the entry came to: what serves, nothing that does, or no answer. */
export type Found = "hit" | "miss" | "failed";
/** What a write came to, or that there was no answer. */
export type WriteOutcome = Written | "failed";

export const write =
  (name: string, { over, sealed, lifeMs, lock }: Write): Question<Written> =>
  async (command) => {
    const number = lock?.number ?? Number(/^1 (\d+) /.exec(over.text)?.[1] ?? 0);
    const text = `1 ${number} ${sealed}`;
    const px = Math.max(1, Math.ceil(lifeMs));
    const [entry, held] = namesOf(name);
    const owner = lock ? `${lock.owner} ` : "";
    const reply = await command("EVAL", WRITE, 2, entry, held, over.text, text, px, owner);
    return reply === 1 ? "written" : reply === -1 ? "lost" : "changed";
  };

/** Leaves nothing of an entry. */
export const forget =
  (name: string): Question<unknown> =>
  async (command) =>
    command("DEL", ...namesOf(name));

function entryOf(text: Reply | undefined, leftMs: Reply | undefined): RawEntry {
  if (text !== null && text !== undefined && typeof text !== "string") throw senseless();
  return { text: text ?? "", ...(typeof leftMs === "number" && leftMs >= 0 ? { leftMs } : {}) };
}
