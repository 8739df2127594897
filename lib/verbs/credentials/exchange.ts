import type { Credentials, GivenToken, IdentityProvider } from "../../auth/credentials.ts";
import { TOKEN_TYPE, tokenType } from "../../auth/grants/exchange/token-types.ts";
import { type Options, spelt } from "../../command-line/option-values.ts";
import type { OptionName } from "../../command-line/options.ts";
import { suggest } from "../../command-line/suggest.ts";
import { wrongUsage } from "../../failure.ts";
import { authenticationBy } from "./client-proof.ts";
import { ACTORS, chosen, PROOFS, readMethod, SUBJECTS } from "./credential-options.ts";
import { ofProvider } from "./provider-options.ts";
import type { SecretReading } from "./secret-reading.ts";
import { checkedText, createSecretSources, type SecretSources } from "./secret-sources.ts";
import { checkedUrl, readAssertionType, readAudience } from "./token-request.ts";

type Exchanged = Pick<Credentials, "subject" | "actor" | "requestedTokenType" | "identityProvider">;

/**
 * The tokens that are given for another one, and who is asked to take them.
 *
 * @throws M2mcpError (exit 1) naming the option that is missing or cannot be right
 */
export async function readExchange(
  grant: "token-exchange" | "id-jag",
  options: Options,
  reading: SecretReading,
): Promise<Exchanged> {
  const sources = createSecretSources(options, reading);
  const subject = await givenToken(options, sources, SUBJECTS, "subject-token-type");
  if (!subject)
    throw wrongUsage(
      "no subject token given",
      "give one of --subject-token-file PATH (M2MCP_SUBJECT_TOKEN_FILE), --subject-token-command COMMAND " +
        "(M2MCP_SUBJECT_TOKEN_COMMAND), --subject-token PLATFORM",
    );
  if (grant === "id-jag") return { subject, identityProvider: await readProvider(options, reading) };
  const actor = await givenToken(options, sources, ACTORS, "actor-token-type");
  const requested = typeOf(options, "requested-token-type");
  return {
    subject,
    ...(actor ? { actor } : {}),
    ...(requested === undefined ? {} : { requestedTokenType: requested }),
  };
}

/**
 * What is exchanged from now on, where something of it is given anew.
 *
 * @throws M2mcpError (exit 1) where the grant exchanges nothing, or an option cannot be right
 */
export async function changedExchange(
  options: Options,
  reading: SecretReading,
  old: Credentials,
): Promise<Exchanged> {
  if (!old.subject)
    throw wrongUsage(
      `the grant ${old.grant} exchanges no tokens`,
      "m2mcp login again with --grant token-exchange or --grant id-jag",
    );
  const sources = createSecretSources(options, reading);
  const subject = await givenToken(options, sources, SUBJECTS, "subject-token-type");
  const subjectType = typeOf(options, "subject-token-type");
  const actor = await givenToken(options, sources, ACTORS, "actor-token-type");
  const requested = typeOf(options, "requested-token-type");
  const provider = old.identityProvider;
  return {
    subject: subject ?? { ...old.subject, ...(subjectType === undefined ? {} : { type: subjectType }) },
    ...(actor ? { actor } : {}),
    ...(requested === undefined ? {} : { requestedTokenType: requested }),
    ...(provider ? { identityProvider: await readProvider(options, reading, provider) } : {}),
  };
}

async function givenToken(
  options: Options,
  sources: SecretSources,
  names: typeof SUBJECTS | typeof ACTORS,
  typeOption: OptionName,
): Promise<GivenToken | undefined> {
  const option = chosen(options, names);
  if (!option) return undefined;
  const type = typeOf(options, typeOption);
  return { source: await sources.assertion(option), ...(type === undefined ? {} : { type }) };
}

/** @throws M2mcpError (exit 1) where it is no type of a token */
function typeOf(options: Options, option: OptionName): string | undefined {
  const text = options.value(option);
  if (text === undefined) return undefined;
  const type = tokenType(text);
  if (type) return type;
  const near = suggest(text, Object.keys(TOKEN_TYPE));
  throw wrongUsage(
    `unknown --${option} ${text}`,
    near
      ? `did you mean ${near}`
      : "there are access_token, id_token, jwt, saml1, saml2, refresh_token, or the type itself, a URI",
  );
}

/** @throws M2mcpError (exit 1) where a secret is given and not whom it is for */
async function readProvider(
  all: Options,
  reading: SecretReading,
  old?: IdentityProvider,
): Promise<IdentityProvider> {
  const options = ofProvider(all);
  const id = options.value("client-id") ?? "";
  const audience = readAudience(options);
  const assertionType = readAssertionType(options);
  const [issuer, tokenEndpoint] = [options.value("issuer"), options.value("token-endpoint")];
  const isTls = readMethod(options)?.includes("tls") === true;
  const proof = isTls ? "client-cert" : chosen(options, PROOFS);
  const sources = createSecretSources(options, reading);
  const isKept = old !== undefined && proof === undefined;
  const authentication = isKept
    ? old.authentication
    : await authenticationBy(proof, { options, sources, asked: () => undefined });
  const isNamed = [issuer, tokenEndpoint, old?.issuer, old?.tokenEndpoint].some((one) => one !== undefined);
  if (authentication.kind === "secret" && !isNamed)
    throw wrongUsage(
      "the client's secret at the identity provider goes to nobody who is not named",
      `give --${spelt(options, "issuer")} URL`,
    );
  return {
    ...old,
    clientId: id === "" ? (old?.clientId ?? "") : checkedText(id, "client id", spelt(options, "client-id")),
    authentication,
    ...(audience === undefined ? {} : { assertionAudience: audience }),
    ...(assertionType === undefined ? {} : { clientAssertionType: assertionType }),
    ...(issuer === undefined ? {} : { issuer: checkedUrl(spelt(options, "issuer"), issuer) }),
    ...(tokenEndpoint === undefined
      ? {}
      : { tokenEndpoint: checkedUrl(spelt(options, "token-endpoint"), tokenEndpoint) }),
  };
}
