import { M2mcpError } from "../../failure.ts";
import { type Audience, audienceFor } from "./audience.ts";
import { createPlatformDeps, type IdentityMeans } from "./deps.ts";
import { noPlatform, nothingBesides, ofPlatform } from "./errors.ts";
import { PLATFORM_NAMES, type PlatformName } from "./names.ts";
import type { Identity, Platform, PlatformDeps, PlatformSource } from "./platform.ts";
import { loadPlatform } from "./registry.ts";

/**
 * The token that a platform gives to this machine, asked for anew.
 *
 * @param source the platform, or `auto` for the one that is found here
 * @param audience whom the token is for
 * @throws M2mcpError no_identity, secret_unreadable (exit 4); network failures where it is asked over the network
 */
export async function readIdentity(
  source: PlatformSource,
  audience: Audience,
  deps: IdentityMeans,
): Promise<Identity> {
  const { from, ...settings } = source;
  const given = createPlatformDeps(deps);
  const isNamed = typeof audience === "string";
  const identify = async ({ name, platform }: Pick<Found, "name" | "platform">): Promise<Identity> => {
    const request = { ...settings, audience: audienceFor(name, audience), isNamed };
    try {
      return await platform.identify(request, given);
    } catch (error) {
      throw error instanceof M2mcpError ? ofPlatform(error, platform.title) : error;
    }
  };
  if (from !== "auto") return identify({ name: from, platform: await loadPlatform(from) });
  const found = await findPlatform(given);
  const { platform, shown, withheld } = found;
  if (!withheld) {
    (deps.tell ?? deps.log)(told(found));
    return identify(found);
  }
  deps.log(`${withheld.message}; ${shown} shows ${platform.title}`);
  const identity = await identify(found).catch((error: unknown) => {
    throw error instanceof M2mcpError ? nothingBesides(withheld, error) : error;
  });
  (deps.tell ?? deps.log)(told(found));
  return identity;
}

interface Found {
  name: PlatformName;
  platform: Platform;
  /** What shows that this machine is there. */
  shown: string;
  /** Why a platform that stands before it gives nothing: this one counts only where it does. */
  withheld?: M2mcpError;
}

const told = ({ platform, shown }: Found) =>
  `the identity of this machine comes from ${platform.title}: ${shown}`;

/**
 * The platform that this machine is on: by variables and files first, then by the addresses of the clouds, all at once.
 *
 * @throws M2mcpError no_identity naming all that was looked for, or why the platform that is there gives none
 */
async function findPlatform(deps: PlatformDeps): Promise<Found> {
  const all = await Promise.all(
    PLATFORM_NAMES.map(async (name) => ({ name, platform: await loadPlatform(name) })),
  );
  let withheld: M2mcpError | undefined;
  const behind = () => (withheld ? { withheld } : {});
  for (const one of all) {
    const shown = await one.platform.find(deps);
    if (shown !== undefined) return { ...one, shown, ...behind() };
    withheld ??= one.platform.withheld?.(deps);
  }
  const answers = await Promise.all(
    all.map(async (one) => {
      const shown = await one.platform.probe?.(deps);
      return shown === undefined ? [] : [{ ...one, shown, ...behind() }];
    }),
  );
  const [first] = answers.flat();
  if (first) return first;
  throw withheld ?? noPlatform(all.map(({ platform }) => `${platform.title} (${platform.lookedFor})`));
}
