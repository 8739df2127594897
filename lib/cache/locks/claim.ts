// Something that one member of a fleet has at a time: it expires by the cache's clock unless its owner shows that it lives.
import { acquire, keep, release } from "../entry.ts";
import type { CacheLink } from "../link.ts";
import { LEASE_MS } from "./lease.ts";

/**
 * @param name of what is claimed
 * @returns what claims it: the mark of who has it then; undefined where the cache does not serve
 */
export const cacheClaims = (link: CacheLink, name: string) => ({
  async claim(mark: string): Promise<string | undefined> {
    const got = await link.ask(acquire(name, `${mark} 0`, LEASE_MS));
    if (!got) return undefined;
    if ("number" in got) return mark;
    const [owner = ""] = got.heldBy.split(" ");
    if (owner !== mark) return owner;
    const isKept = await link.ask(keep(name, mark, 0, LEASE_MS));
    return isKept === undefined ? undefined : mark;
  },
  async release(mark: string): Promise<void> {
    await link.ask(release(name, mark));
  },
});
