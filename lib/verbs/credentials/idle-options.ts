// Options that say something of credentials count only beside what they say it of. A variable may stand there for other
// servers; one that is written on the command line is meant for this one, and would go unheard.
import type { Grant } from "../../auth/credentials.ts";
import { type Options, spelt } from "../../command-line/option-values.ts";
import { CREDENTIAL_OPTIONS, type OptionName } from "../../command-line/options.ts";
import { type M2mcpError, wrongUsage } from "../../failure.ts";
import { ASSERTIONS, chosen, KEYS, PROOFS, readGrant } from "./credential-options.ts";

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

const isSigned = (options: Options): boolean => KEYS.some((name) => name === chosen(options, PROOFS));
const PLATFORMS: readonly OptionName[] = [
  "assertion",
  "subject-token",
  "actor-token",
  "idp-assertion",
  "token",
];

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
    names: (name) => name.startsWith("idp-"),
    of: "--grant id-jag",
    isGiven: (_, grant) => grant === "id-jag",
  },
  {
    names: among("assertion-subject"),
    of: "--grant jwt-bearer with a key that signs",
    isGiven: (options, grant) => grant === "jwt-bearer" && given(options, KEYS),
  },
  {
    names: among("assertion-identity", "assertion-lifetime"),
    of: "a platform's token, such as --assertion PLATFORM",
    isGiven: (options) => given(options, PLATFORMS),
  },
  {
    names: among("client-assertion-type"),
    of: "an assertion, such as --client-assertion-file PATH",
    isGiven: (options) => given(options, ASSERTIONS),
  },
  {
    names: among("private-key-passphrase-file"),
    of: "--private-key PATH",
    isGiven: (options) => given(options, ["private-key"]),
  },
  {
    names: among("key-id", "certificate"),
    of: "--private-key PATH or --sign-command COMMAND",
    isGiven: isSigned,
  },
  {
    names: among("signing-alg"),
    of: "--private-key PATH, --sign-command COMMAND or a platform's token",
    isGiven: (options) => isSigned(options) || given(options, PLATFORMS),
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
    const use = USES.find(({ names }) => names(name));
    if (!use || use.isGiven(options, grant)) continue;
    throw wrongUsage(
      `--${spelt(options, name)} is for ${use.of}, which is not given`,
      `leave it out, or give ${use.of} too`,
    );
  }
}

/** Where an option says something of credentials, and nothing says which. @param server its address */
export function nothingToSayOf(options: Options, name: OptionName, server: string): M2mcpError {
  // What cannot be right is said first.
  readGrant(options);
  return wrongUsage(
    `--${spelt(options, name)} says something of credentials, and none are given with it`,
    `give --client-id ID and its proof too, or m2mcp login ${server} with --${spelt(options, name)}`,
  );
}
