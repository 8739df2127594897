// Texts of which there are later ones: each name has its latest, whoever wrote it.
import type { CacheLink, Question } from "./link.ts";
import { senseless } from "./trouble.ts";

/** A text is kept so long after it was wanted last, in ms. */
const KEPT_MS = 24 * 60 * 60_000;

/** Writes a text unless there is a later one, done whole on the cache's side. */
const KEEP = `
local last = redis.call('GET', KEYS[1])
if last and (tonumber(string.match(last, '^(%d+) ')) or 0) >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[3])
return 1`;

/** Reads a text, and keeps it for longer; by the commands alone that members of a fleet may use anyway. */
const READ = `
local last = redis.call('GET', KEYS[1])
if last then redis.call('SET', KEYS[1], last, 'PX', ARGV[1]) end
return last`;

export interface LatestTexts {
  /** Undefined where there is none, or the cache does not serve. Never rejects. */
  read(name: string): Promise<string | undefined>;
  /** @param turn of two texts, the one with the greater is the later. Never rejects. */
  keep(name: string, turn: number, text: string): Promise<void>;
}

/** Texts of which the latest counts, for a day after their last use. */
export const latestTexts = (link: CacheLink): LatestTexts => ({
  read: (name) => link.ask(read(name)),
  async keep(name, turn, text) {
    await link.ask((command) => command("EVAL", KEEP, 1, name, turn, text, KEPT_MS));
  },
});

const read =
  (name: string): Question<string | undefined> =>
  async (command) => {
    const found = await command("EVAL", READ, 1, name, KEPT_MS);
    if (found !== null && typeof found !== "string") throw senseless();
    return found === null ? undefined : /^\d+ (\S+)$/.exec(found)?.[1];
  };
