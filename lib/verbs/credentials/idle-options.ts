// Options that say something of credentials count only beside what they say it of. A variable may stand there for other
// servers; one that is written on the command line is meant for this one, and would go unheard.
import type { Grant } from "../../auth/credentials.ts";
import { platformNamed, platformsTold, type Telling } from "../../auth/platforms/names.ts";
import { type Options, spelt } from "../../command-line/option-values.ts";
import { CREDENTIAL_OPTIONS, type OptionName } from "../../command-line/options.ts";
import { type M2mcpError, wrongUsage } from "../../failure.ts";
import { ACTORS, ASSERTIONS, KEYS, proofsBy, readGrant } from "./credential-options.ts";
import { ofProvider } from "./provider-options.ts";

/** What some options are for, and whether that is given. */
interface Use {
  names: (name: OptionName) => boolean;
  of: string;
  isGiven(options: Options, grant: Grant): boolean;
}

const given = (options: Options, names: readonly OptionName[]) =>
  names.some((name) => options.origin(name) !== undefined);
const among =
  (...names: OptionName[]) =>
  (name: OptionName) =>
    names.includes(name);
const isAmong = (list: readonly OptionName[], name: OptionName | undefined) =>
  name !== undefined && list.includes(name);

/** Whether a key proves the client, or signs the grant. */
function isSigned(options: Options, grant: Grant): boolean {
  const { proof, signer } = proofsBy(options, grant);
  return isAmong(KEYS, proof) || signer !== undefined;
}

const SUBJECT_PLATFORMS: readonly OptionName[] = ["subject-token", "actor-token"];
const PLATFORMS: readonly OptionName[] = ["assertion", ...SUBJECT_PLATFORMS, "idp-assertion", "token"];

/** The platforms whose tokens are asked for; of a flag and a variable for one thing the flag counts. */
const platformsIn = (options: Options) =>
  PLATFORMS.flatMap((name) => platformNamed(options.value(name)) ?? []);

/** Whether a platform is asked that can be told this; which one `auto` finds is known only then. */
const canTell = (options: Options, telling: Telling): boolean =>
  platformsIn(options).some((from) => from === "auto" || platformsTold(telling).includes(from));

/** Options that say of a platform's token what only some can be told. */
const TOLD: readonly [name: OptionName, telling: Telling][] = [
  ["assertion-identity", "identity"],
  ["assertion-lifetime", "lifetime"],
  ["signing-alg", "algorithm"],
];

const OF_KEY = "--private-key PATH or --sign-command COMMAND";
const USES: readonly Use[] = [
  {
    names: (name) => name.startsWith("subject-token"),
    of: "--grant token-exchange or id-jag",
    isGiven: (_, grant) => grant === "token-exchange" || grant === "id-jag",
  },
  {
    names: (name) => name.startsWith("actor-token") || name === "requested-token-type",
    of: "--grant token-exchange",
    isGiven: (_, grant) => grant === "token-exchange",
  },
  {
    names: among("actor-token-type"),
    of: "an actor's token, such as --actor-token-file PATH",
    isGiven: (options) => given(options, ACTORS),
  },
  {
    names: (name) => name.startsWith("idp-"),
    of: "--grant id-jag",
    isGiven: (_, grant) => grant === "id-jag",
  },
  {
    names: among("assertion-subject"),
    of: "--grant jwt-bearer with a key that signs",
    isGiven: (options, grant) => proofsBy(options, grant).signer !== undefined,
  },
  {
    names: among("assertion-identity", "assertion-lifetime"),
    of: "a platform's token, such as --assertion PLATFORM",
    isGiven: (options) => given(options, PLATFORMS),
  },
  {
    names: among("assertion-audience"),
    of: `an assertion that is made for it: ${OF_KEY}, --assertion PLATFORM`,
    isGiven: (options, grant) => {
      const { proof, ready } = proofsBy(options, grant);
      const isPlatform = proof === "assertion" || ready === "assertion";
      const isExchanged = grant === "token-exchange" && given(options, SUBJECT_PLATFORMS);
      return isPlatform || isExchanged || isSigned(options, grant);
    },
  },
  {
    names: among("client-assertion-type"),
    of: "an assertion, such as --client-assertion-file PATH",
    isGiven: (options, grant) => isAmong([...ASSERTIONS, ...KEYS], proofsBy(options, grant).proof),
  },
  {
    names: among("private-key-passphrase-file"),
    of: "--private-key PATH",
    isGiven: (options) => given(options, ["private-key"]),
  },
  { names: among("key-id", "certificate"), of: OF_KEY, isGiven: isSigned },
  {
    names: among("signing-alg"),
    of: `${OF_KEY.replace(" or", ",")} or a platform's token`,
    isGiven: (options, grant) => isSigned(options, grant) || given(options, PLATFORMS),
  },
];

/**
 * Looks for an option on the command line that nothing given beside it makes count.
 *
 * @throws M2mcpError (exit 1) naming it and what it is for
 */
export function refuseIdle(options: Options): void {
  const grant = readGrant(options);
  for (const name of CREDENTIAL_OPTIONS) {
    if (options.origin(name) !== "flag") continue;
    for (const use of USES) if (use.names(name) && !use.isGiven(options, grant)) throw isFor(name, use.of);
    refuseIdleAtProvider(options, name);
  }
  refuseUntold(options, isSigned(options, grant));
}

/** The same for what is said of the client at an identity provider. */
function refuseIdleAtProvider(all: Options, name: OptionName): void {
  const own = CREDENTIAL_OPTIONS.find((one) => name === `idp-${one}`);
  if (own === undefined) return;
  const options = ofProvider(all);
  // The person's token is asked for with it, where a platform hands that out.
  if (own === "assertion-audience" && given(all, ["subject-token"])) return;
  for (const use of USES)
    if (use.names(own) && !use.isGiven(options, "client-credentials"))
      throw isFor(name, use.of.replaceAll("--", "--idp-"));
}

/**
 * Looks for an option about a platform's token which none of those that are asked can be told.
 *
 * @param isSigned whether there is a key too that it may be about
 * @throws M2mcpError (exit 1) naming those that can
 */
export function refuseUntold(options: Options, isSigned = false): void {
  const [platform] = platformsIn(options);
  if (platform === undefined) return;
  for (const [name, telling] of TOLD) {
    if (options.origin(name) !== "flag" || canTell(options, telling)) continue;
    if (name === "signing-alg" && isSigned) continue;
    const able = platformsTold(telling).join(", ");
    throw wrongUsage(`--${name} is nothing that ${platform} can be told`, `leave it out: it is for ${able}`);
  }
}

const isFor = (name: OptionName, of: string): M2mcpError =>
  wrongUsage(`--${name} is for ${of}, which is not given`, `leave it out, or give ${of} too`);

/** Where an option says something of credentials, and nothing says which. @param server its address */
export function nothingToSayOf(options: Options, name: OptionName, server: string): M2mcpError {
  // What cannot be right is said first.
  readGrant(options);
  return wrongUsage(
    `--${spelt(options, name)} says something of credentials, and none are given with it`,
    `give --client-id ID and its proof too, or m2mcp login ${server} with --${spelt(options, name)}`,
  );
}
