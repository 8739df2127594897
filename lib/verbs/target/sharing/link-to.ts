import type { CacheAddress } from "../../../cache/address.ts";
import type { ConnectOptions } from "../../../cache/connect.ts";
import { type CacheLink, createCacheLink } from "../../../cache/link.ts";
import type { Command } from "../../../command-line/command.ts";
import type { IO } from "../../../ui/io.ts";
import { onceEach } from "../../../ui/tell-once.ts";
import { readAuthorities } from "../authorities.ts";
import type { Target } from "../target.ts";

const links = new WeakMap<IO, Map<string, CacheLink>>();

/** One connection for all that a process asks of a cache. */
export function linkTo(command: Command, target: Target, address: CacheAddress): CacheLink {
  const known = links.get(command.io) ?? new Map<string, CacheLink>();
  links.set(command.io, known);
  const name = JSON.stringify([address, target.ca]);
  const link = known.get(name) ?? openLink(command, target, address);
  known.set(name, link);
  return link;
}

/** The authorities that a target names; a cache is trusted by them too. */
export const authoritiesFor = async (
  command: Command,
  { ca }: { ca?: string | undefined },
): Promise<ConnectOptions> =>
  ca === undefined || ca === "spiffe" ? {} : { authorities: await readAuthorities(command, ca) };

function openLink(command: Command, { ca, onCacheUse }: Target, address: CacheAddress): CacheLink {
  const { output } = command;
  const at = address.shown;
  onCacheUse?.({ at, serves: null });
  const warn = onceEach((line) => output.warn(line));
  return createCacheLink(address, () => authoritiesFor(command, { ca }), {
    failed({ words, hint }) {
      onCacheUse?.({ at, serves: false, why: words });
      warn(`the token cache at ${at} does not serve: ${words}; going on without it (${hint})`);
    },
    serves(wasAway) {
      onCacheUse?.({ at, serves: true });
      if (wasAway) warn(`the token cache at ${at} serves again`);
    },
  });
}
