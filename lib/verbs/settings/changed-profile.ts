import type { ClientAuthentication, Credentials, ReadyToken } from "../../auth/credentials.ts";
import { requireSecure } from "../../auth/discovery/url.ts";
import type { Command } from "../../command-line/command.ts";
import { type Options, readOptions, timeoutMs, yesOrNo } from "../../command-line/option-values.ts";
import { OPTION_NAMES, OPTIONS, type OptionName } from "../../command-line/options.ts";
import { wrongUsage } from "../../failure.ts";
import {
  ASSERTIONS,
  KEYS,
  readMethod,
  SECRETS,
  TOKENS,
  tokenOption,
} from "../credentials/credential-options.ts";
import { readCredentials } from "../credentials/credentials.ts";
import { changedExchange } from "../credentials/exchange.ts";
import type { SecretReading } from "../credentials/secret-reading.ts";
import { checkedText } from "../credentials/secret-sources.ts";
import { readReadyToken } from "../credentials/token-origin.ts";
import { readTokenRequest } from "../credentials/token-request.ts";
import { keptOptions } from "../profiles/trial-login.ts";
import { mergeHeaders } from "../target/headers.ts";
import type { Profile } from "../target/saved.ts";
import { changedLogin, EXCHANGE_SETTINGS, PROOF_SETTINGS } from "./setting.ts";

/** Values given to settings, by the options they are named after. */
export type Given = ReadonlyMap<OptionName, string[]>;

/**
 * A profile with settings changed, read and checked as login does it.
 *
 * @throws M2mcpError (exit 1) naming the setting that cannot be so
 */
export async function changedProfile(
  command: Command,
  reading: SecretReading,
  profile: Profile,
  given: Given,
): Promise<Profile> {
  const options = readOptions(switches(given), {}, OPTION_NAMES, "config");
  const kept = keptOptions({ ...command, options });
  const limit = timeoutMs(options);
  const changed: Profile = {
    ...profile,
    ...kept,
    ...(kept.headers ? { headers: mergeHeaders(profile.headers ?? [], kept.headers) } : {}),
    ...(kept.tools ? { tools: { ...profile.tools, ...kept.tools } } : {}),
    ...(limit === undefined ? {} : { timeoutMs: limit }),
  };
  if (!changed.credentials) return changed;
  if (changed.credentials.grant === null)
    return { ...changed, credentials: await changedToken(reading, options, changed.credentials) };
  const credentials = await changedCredentials(reading, options, changed.credentials);
  const { tokenEndpoint, issuer } = credentials;
  for (const [url, what] of [
    [tokenEndpoint, "the token endpoint"],
    [issuer, "the issuer"],
  ] as const)
    if (url !== undefined) requireSecure(url, what, changed.allowHttp ?? []);
  return changedLogin(changed, () => credentials);
}

/** A switch has no value: the word that stands there is not passed on. @throws M2mcpError where it is no yes */
function switches(given: Given): Map<OptionName, string[]> {
  return new Map(
    [...given].map(([name, values]) => {
      if (OPTIONS[name].value !== undefined) return [name, values];
      if (values.every((value) => yesOrNo(value))) return [name, [""]];
      throw wrongUsage(`${name} is yes or no`, `write ${name}=yes, or ${name}= to unset it`);
    }),
  );
}

/** What of a token that something else makes may be changed; how tokens are had is for a login. */
async function changedToken(reading: SecretReading, options: Options, old: ReadyToken): Promise<ReadyToken> {
  const option = TOKENS.find((name) => options.origin(name));
  const usual: Partial<Record<OptionName, "flag">> = { "token-file": "flag" };
  // Which option names it makes no difference for those that do not go with it.
  tokenOption(option ? options : { ...options, origin: (name) => options.origin(name) ?? usual[name] });
  const changed = await readReadyToken(options, reading, option ?? "token-file");
  return { ...old, ...changed, token: option ? changed.token : old.token };
}

async function changedCredentials(
  reading: SecretReading,
  options: Options,
  old: Credentials,
): Promise<Credentials> {
  if (TOKENS.some((name) => options.origin(name)))
    throw wrongUsage(
      "the profile has its tokens by a grant, and no token of its own",
      "m2mcp login with the token's option replaces how its tokens are had",
    );
  const id = options.value("client-id");
  return {
    ...old,
    ...readTokenRequest(options),
    ...(id === undefined ? {} : { clientId: checkedText(id, "client id", "client-id") }),
    ...(PROOF_SETTINGS.some((name) => options.origin(name)) ? await changedProof(reading, options, old) : {}),
    ...(EXCHANGE_SETTINGS.some((name) => options.origin(name))
      ? await changedExchange(options, reading, old)
      : {}),
  };
}

/** How the client proves itself from now on. */
async function changedProof(
  reading: SecretReading,
  options: Options,
  old: Credentials,
): Promise<Pick<Credentials, "authentication" | "tls" | "assertion">> {
  const method = readMethod(options);
  const isProof = PROOF_SETTINGS.some((name) => name !== "auth-method" && options.origin(name));
  if (!isProof) return { authentication: withMethod(old.authentication, method) };
  const isSecret = SECRETS.some((name) => options.origin(name));
  const had = old.authentication.kind === "secret" ? old.authentication.method : undefined;
  const isSigned = old.assertion?.from === "signed";
  const ofGrant: readonly OptionName[] =
    old.grant === "jwt-bearer" ? [...ASSERTIONS, ...(isSigned ? KEYS : [])] : [];
  const isGrant = ofGrant.some((name) => options.origin(name));
  const usual: Partial<Record<OptionName, string>> = {
    "client-id": old.clientId || "-",
    // What is not given anew is not asked for.
    grant: isGrant ? old.grant : "client-credentials",
    ...(isSecret && had ? { "auth-method": had } : {}),
  };
  const { authentication, tls, assertion } = await readCredentials(
    {
      ...options,
      value: (name) => options.value(name) ?? usual[name],
    },
    reading,
  );
  const isKept = isGrant && authentication.kind === "none";
  return {
    authentication: isKept ? old.authentication : authentication,
    ...(tls ? { tls } : {}),
    ...(assertion ? { assertion } : {}),
  };
}

function withMethod(authentication: ClientAuthentication, method: string | undefined): ClientAuthentication {
  if (
    authentication.kind === "secret" &&
    (method === "client_secret_basic" || method === "client_secret_post")
  )
    return { ...authentication, method };
  throw wrongUsage(
    `auth-method ${method} does not go with how the client proves itself`,
    "a secret goes by client_secret_basic or client_secret_post; with another proof give that one anew",
  );
}
