import { M2mcpError } from "../../failure.ts";
import { type Audience, audienceFor } from "./audience.ts";
import { createPlatformDeps, type IdentityMeans } from "./deps.ts";
import { noPlatform, ofPlatform } from "./errors.ts";
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
  const { name, platform } =
    from === "auto" ? await found(given, deps) : { name: from, platform: await loadPlatform(from) };
  const isNamed = typeof audience === "string";
  try {
    return await platform.identify({ ...settings, audience: audienceFor(name, audience), isNamed }, given);
  } catch (error) {
    throw error instanceof M2mcpError ? ofPlatform(error, platform.title) : error;
  }
}

interface Found {
  name: PlatformName;
  platform: Platform;
  /** What shows that this machine is there. */
  shown: string;
}

async function found(given: PlatformDeps, { tell, log }: IdentityMeans): Promise<Found> {
  const one = await findPlatform(given);
  (tell ?? log)(`the identity of this machine comes from ${one.platform.title}: ${one.shown}`);
  return one;
}

/**
 * The platform that this machine is on: by variables and files first, then by the addresses of the clouds, all at once.
 *
 * @throws M2mcpError no_identity naming all that was looked for
 */
async function findPlatform(deps: PlatformDeps): Promise<Found> {
  const all = await Promise.all(
    PLATFORM_NAMES.map(async (name) => ({ name, platform: await loadPlatform(name) })),
  );
  for (const one of all) {
    const shown = await one.platform.find(deps);
    if (shown !== undefined) return { ...one, shown };
  }
  const answers = await Promise.all(
    all.map(async (one) => {
      const shown = await one.platform.probe?.(deps);
      return shown === undefined ? [] : [{ ...one, shown }];
    }),
  );
  const [first] = answers.flat();
  if (first) return first;
  throw noPlatform(all.map(({ platform }) => `${platform.title} (${platform.lookedFor})`));
}
