import type { Credentials, Grant } from "../../auth/credentials.ts";
import { type Options, spelt } from "../../command-line/option-values.ts";
import { type OptionName, variableOf } from "../../command-line/options.ts";
import { suggest } from "../../command-line/suggest.ts";
import { wrongUsage } from "../../failure.ts";

export const SECRETS = ["client-secret", "client-secret-file", "client-secret-command"] as const;
export const ASSERTIONS = ["client-assertion-file", "client-assertion-command", "assertion"] as const;
export const KEYS = ["private-key", "sign-command"] as const;
export const PROOFS = [...SECRETS, ...KEYS, ...ASSERTIONS, "client-cert"] as const;
export const SUBJECTS = ["subject-token-file", "subject-token-command", "subject-token"] as const;
export const ACTORS = ["actor-token-file", "actor-token-command", "actor-token"] as const;
const NAMING = ["client-id", ...PROOFS, ...SUBJECTS] as const;
export const GRANTS: readonly Grant[] = ["client-credentials", "jwt-bearer", "token-exchange", "id-jag"];
const METHODS = [
  "client_secret_basic",
  "client_secret_post",
  "private_key_jwt",
  "tls_client_auth",
  "self_signed_tls_client_auth",
  "none",
] as const;
export type Method = (typeof METHODS)[number];

/** Whether flags or variables say who the client is. */
export const namesCredentials = (options: Options): boolean =>
  NAMING.some((name) => options.origin(name) !== undefined);

/** Whether any credential option stands on the command line itself. */
export const flagsCredentials = (options: Options): boolean =>
  NAMING.some((name) => options.origin(name) === "flag");

/** What a person at a terminal could type: the id and the proof of a client, where neither flags nor variables give it. */
export function missingOf(options: Options): { id: boolean; proof: boolean } {
  const isClient = readGrant(options) === "client-credentials";
  return {
    id: isClient && !options.value("client-id"),
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

/** @throws M2mcpError (exit 1) naming the grants that there are */
export function readGrant(options: Options): Grant {
  const text = options.value("grant") ?? "client-credentials";
  const grant = GRANTS.find((known) => known === text.replaceAll("_", "-"));
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

/**
 * What the options say of token requests, beside who the client is.
 *
 * @throws M2mcpError (exit 1) naming the option that is malformed
 */
export function readTokenRequest(options: Options): Partial<Credentials> {
  const assertionAudience = readAudience(options);
  const resource = readResource(options);
  const issuer = options.value("issuer");
  const tokenEndpoint = options.value("token-endpoint");
  const scope = options.value("scope");
  const audience = options.value("audience");
  const params = options.values("token-param").map(tokenParam);
  return {
    ...(assertionAudience ? { assertionAudience } : {}),
    ...(issuer === undefined ? {} : { issuer: checkedUrl("issuer", issuer) }),
    ...(scope === undefined ? {} : { scope }),
    ...(tokenEndpoint === undefined ? {} : { tokenEndpoint: checkedUrl("token-endpoint", tokenEndpoint) }),
    ...(resource === undefined ? {} : { resource }),
    ...(audience === undefined ? {} : { audience }),
    ...(params.length > 0 ? { tokenParams: params } : {}),
    ...(options.on("dpop") ? { dpop: true as const } : {}),
  };
}

/** Whom assertions are for. @throws M2mcpError (exit 1) where it can be nobody */
export function readAudience(options: Options): string | undefined {
  const audience = options.value("assertion-audience");
  if (audience === undefined || /^(issuer|token-endpoint)$/.test(audience) || URL.canParse(audience))
    return audience;
  throw wrongUsage(
    `unknown --${spelt(options, "assertion-audience")} ${audience}`,
    "it is issuer, token-endpoint or the audience itself, a URI",
  );
}

/** The resource to ask tokens for; null when none shall be sent. */
function readResource(options: Options): string | null | undefined {
  const resource = options.value("resource");
  if (!options.on("no-resource"))
    return resource === undefined ? undefined : checkedUrl("resource", resource, "uri");
  if (resource !== undefined)
    throw wrongUsage("--resource and --no-resource exclude each other", "give one of them");
  return null;
}

function tokenParam(text: string): [string, string] {
  const equals = text.indexOf("=");
  if (equals < 1)
    throw wrongUsage("a --token-param is not of the form name=value", "write --token-param name=value");
  return [text.slice(0, equals), text.slice(equals + 1)];
}

/** @throws M2mcpError (exit 1) where it is no URL */
export function checkedUrl(option: OptionName, text: string, kind: "web" | "uri" = "web"): string {
  const url = URL.parse(text);
  if (!url || (kind === "web" && url.protocol !== "https:" && url.protocol !== "http:"))
    throw wrongUsage(`--${option} ${text} is no URL`, "write it in full, with https://");
  return text;
}
