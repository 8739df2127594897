import type { Grant } from "../../auth/credentials.ts";
import { type Options, spelt } from "../../command-line/option-values.ts";
import { CREDENTIALS } from "../../command-line/options/credentials.ts";
import { CREDENTIAL_OPTIONS, isOptionName, type OptionName, variableOf } from "../../command-line/options.ts";
import { suggest } from "../../command-line/suggest.ts";
import { wrongUsage } from "../../failure.ts";
import { svidNamed } from "./svid.ts";

export const SECRETS = ["client-secret", "client-secret-file", "client-secret-command"] as const;
export const ASSERTIONS = [
  "client-assertion-file",
  "client-assertion-command",
  "client-assertion-env",
  "assertion",
] as const;
export const KEYS = ["private-key", "sign-command"] as const;
export const PROOFS = [...SECRETS, ...KEYS, ...ASSERTIONS, "client-cert"] as const;
export const SUBJECTS = [
  "subject-token-file",
  "subject-token-command",
  "subject-token-env",
  "subject-token",
] as const;
export const ACTORS = ["actor-token-file", "actor-token-command", "actor-token-env", "actor-token"] as const;
/** Tokens that something else makes. */
export const TOKENS = ["token", "token-file", "token-command"] as const;
const NAMING = ["client-id", ...PROOFS, ...SUBJECTS, ...TOKENS] as const;
export const GRANTS: readonly Grant[] = CREDENTIALS.grant.choices;
const METHODS = CREDENTIALS["auth-method"].choices;
export type Method = (typeof METHODS)[number];

/** Whether flags or variables say who the client is, or where its tokens come from. */
export const namesCredentials = (options: Options): boolean =>
  NAMING.some((name) => options.origin(name) !== undefined);

/** The credential option that stands on the command line itself; undefined where none does. */
export const flaggedOption = (options: Options): OptionName | undefined =>
  CREDENTIAL_OPTIONS.find((name) => options.origin(name) === "flag");

/** Whether a client id must be given: a grant that is given has none to name, and an SVID names its client itself. */
export function wantsClientId(options: Options): boolean {
  const grant = readGrant(options);
  if (grant !== "client-credentials" && grant !== "id-jag") return false;
  const proof = chosen(options, PROOFS);
  const value = proof === undefined ? "" : (options.value(proof) ?? "");
  return !(proof === "assertion" && value === "spiffe") && !(proof === "client-cert" && svidNamed(value));
}

/** What a person at a terminal could type: the id and the proof of a client, where neither flags nor variables give it. */
export function missingOf(options: Options): { id: boolean; proof: boolean } {
  if (tokenOption(options) !== undefined) return { id: false, proof: false };
  const isClient = readGrant(options) === "client-credentials";
  return {
    id: wantsClientId(options) && !options.value("client-id"),
    proof: isClient && chosen(options, PROOFS) === undefined && readMethod(options) !== "none",
  };
}

/** Which of several options counts: a flag before a variable; two of a kind are an error. */
export function chosen<Name extends OptionName>(options: Options, names: readonly Name[]): Name | undefined {
  for (const origin of ["flag", "variable"] as const) {
    const given = names.filter((name) => options.origin(name) === origin);
    // A client certificate may come on top of another proof: tokens are bound to it then.
    const proofs = given.length > 1 ? given.filter((name) => name !== "client-cert") : given;
    if (proofs.length > 1) {
      const spelling = proofs
        .map((name) => spelt(options, name))
        .map((name) => (origin === "flag" ? `--${name}` : variableOf(name)));
      throw wrongUsage(`${spelling.join(" and ")} exclude each other`, "give one of them");
    }
    if (proofs[0]) return proofs[0];
  }
  return undefined;
}

/** Which option proves the client, and which gives the grant of `jwt-bearer`: an assertion of others, or a key of its own. */
export function proofsBy(options: Options, grant: Grant) {
  const ready = grant === "jwt-bearer" ? chosen(options, ASSERTIONS) : undefined;
  // Without an assertion of others it is the client's own key that signs one.
  const signer = grant === "jwt-bearer" && !ready ? chosen(options, KEYS) : undefined;
  const taken: readonly string[] = [...(grant === "jwt-bearer" ? ASSERTIONS : []), ...(signer ? KEYS : [])];
  const proof = chosen(
    options,
    PROOFS.filter((name) => !taken.includes(name)),
  );
  return { proof, ready, signer };
}

/** Options that say something of a token which no grant is performed for. */
const OF_TOKENS: readonly OptionName[] = [
  ...TOKENS,
  "token-lifetime",
  "client-cert",
  "client-key",
  "no-store-secret",
];
/** The same where a platform gives it. */
const OF_PLATFORM_TOKENS: readonly OptionName[] = [
  ...OF_TOKENS,
  "audience",
  "assertion-identity",
  "assertion-lifetime",
  "signing-alg",
];

/**
 * The option that names a token which something else makes; undefined where tokens are had by a grant. Flags count
 * before variables.
 *
 * @throws M2mcpError (exit 1) naming options of the two that are in each other's way
 */
export function tokenOption(options: Options): (typeof TOKENS)[number] | undefined {
  const token = chosen(options, TOKENS);
  if (token === undefined) return undefined;
  const origin = options.origin(token);
  const isOfGrants = ["client-id", ...PROOFS].some(
    (name) => isOptionName(name) && name !== "client-cert" && options.origin(name) === "flag",
  );
  if (origin === "variable" && isOfGrants) return undefined;
  const own = token === "token" ? OF_PLATFORM_TOKENS : OF_TOKENS;
  const other = CREDENTIAL_OPTIONS.find(
    (name) => !own.includes(name) && [origin, "flag"].includes(options.origin(name)),
  );
  if (other === undefined) return token;
  const [a, b] = [token, other].map((name) =>
    options.origin(name) === "flag" ? `--${name}` : variableOf(name),
  );
  throw wrongUsage(
    `${a} and ${b} exclude each other: a token that something else makes is sent as it is`,
    "give one of them",
  );
}

/** @throws M2mcpError (exit 1) naming the grants that there are */
export function readGrant(options: Options): Grant {
  const text = options.value("grant") ?? "client-credentials";
  // As token requests name it, too (RFC 7523 §2.1, RFC 8693 §2.1).
  const plain = text.replace(/^urn:ietf:params:oauth:grant-type:/, "").replaceAll("_", "-");
  const grant = GRANTS.find((known) => known === plain);
  if (grant) return grant;
  const near = suggest(text, GRANTS);
  throw wrongUsage(
    `unknown grant ${text}: there are ${GRANTS.join(", ")}`,
    near ? `did you mean --grant ${near}` : "grants that need a person at a browser are not for machines",
  );
}

/** @throws M2mcpError (exit 1) naming the methods that there are */
export function readMethod(options: Options): Method | undefined {
  const text = options.value("auth-method");
  if (text === undefined) return undefined;
  const method = METHODS.find((known) => known === text);
  if (!method)
    throw wrongUsage(`unknown --${spelt(options, "auth-method")} ${text}`, `there are ${METHODS.join(", ")}`);
  return method;
}
