// Profiles without their secrets, as a file for other machines.
import { isPlatformSource } from "../../auth/client/secrets.ts";
import type {
  AssertionSource,
  ClientAuthentication,
  Credentials,
  GivenToken,
  IdentityProvider,
  SignedAssertion,
  SigningSource,
  TokenOrigin,
} from "../../auth/credentials.ts";
import type { OptionName } from "../../command-line/options.ts";
import { isVariable } from "../target/headers.ts";
import type { Profile } from "../target/saved.ts";
import { withoutQuery } from "../target/server-url.ts";

/** What a file of profiles begins with. */
export const FORMAT = "m2mcp profiles";
export const VERSION = 1;

/** A profile without what only its owner may have, and what is missing therefore. */
export interface Exported {
  profile: Profile;
  /** Names of settings, as `m2mcp config` has them. */
  missing: OptionName[];
}

/** Where a secret of the file's owner stood. */
export const MISSING = { from: "missing" } as const;

/** How what proves a client is given to `m2mcp config`, those first that go together with others. */
const PROOFS_GIVEN = {
  "client-secret": "-",
  "private-key": "PATH",
  "sign-command": "COMMAND",
  "private-key-passphrase-file": "PATH",
  certificate: "PATH",
  "client-assertion-file": "PATH",
} satisfies Partial<Record<OptionName, string>>;

/** How each setting that may be missing is given. */
export const HOW_GIVEN: Partial<Record<OptionName, string>> = {
  ...Object.fromEntries(
    ["", "idp-"].flatMap((prefix) =>
      Object.entries(PROOFS_GIVEN).map(([name, value]) => [prefix + name, `${prefix}${name}=${value}`]),
    ),
  ),
  "subject-token-file": "subject-token-file=PATH",
  "actor-token-file": "actor-token-file=PATH",
  "client-cert": "client-cert=PATH",
  "client-key": "client-key=PATH",
  "token-file": "token-file=PATH",
  "token-param": "token-param=NAME=VALUE",
  header: "header='NAME: VALUE'",
  cache: "cache=URL",
};

/**
 * A profile as another machine may have it: no secret, no key, no command and no path that one is read from, no value
 * of a header or a parameter that is not a variable's name, no value of an address's query.
 */
export function exportedProfile(profile: Profile): Exported {
  const missing = new Set<OptionName>();
  const { headers, credentials, server, cache, ...rest } = profile;
  if (cache !== undefined && !isOpenCache(cache)) missing.add("cache");
  const open = headers?.filter(([, value]) => isVariable(value)) ?? [];
  if (open.length < (headers?.length ?? 0)) missing.add("header");
  return {
    profile: {
      ...rest,
      server: withoutQuery(server),
      ...(cache !== undefined && isOpenCache(cache) ? { cache } : {}),
      ...(open.length > 0 ? { headers: open } : {}),
      ...(credentials ? { credentials: openOrigin(credentials, missing) } : {}),
    },
    missing: [...missing],
  };
}

/** Whether the address of a cache holds neither a password nor a variable, which would be sent to where it leads. */
export const isOpenCache = (cache: string): boolean => !/[@$]/.test(cache);

function openOrigin(origin: TokenOrigin, missing: Set<OptionName>): TokenOrigin {
  if (origin.grant !== null) return openCredentials(origin, missing);
  const { token, tls, ...rest } = origin;
  const isOpen = isPlatformSource(token);
  if (!isOpen) missing.add("token-file");
  return {
    ...rest,
    token: isOpen ? token : MISSING,
    ...openTls(tls, missing),
  };
}

/** What TLS shows: an X.509-SVID is another machine's own, as a platform's token is. */
function openTls(tls: Credentials["tls"], missing: Set<OptionName>): Pick<Credentials, "tls"> {
  if (!tls || "from" in tls) return tls ? { tls } : {};
  for (const name of ["client-cert", "client-key"] as const) missing.add(name);
  return { tls: { cert: MISSING, key: MISSING } };
}

function openCredentials(credentials: Credentials, missing: Set<OptionName>): Credentials {
  const { authentication, tls, assertion, tokenParams, tokenEndpoint, ...more } = credentials;
  const { subject, actor, identityProvider, ...rest } = more;
  if (tokenParams) missing.add("token-param");
  return {
    ...rest,
    authentication: openAuthentication(authentication, "", missing),
    ...(tokenEndpoint === undefined ? {} : { tokenEndpoint: withoutQuery(tokenEndpoint) }),
    ...openTls(tls, missing),
    ...(assertion ? { assertion: openAssertion(assertion, missing) } : {}),
    ...(subject ? { subject: openToken(subject, "subject-token-file", missing) } : {}),
    ...(actor ? { actor: openToken(actor, "actor-token-file", missing) } : {}),
    ...(identityProvider ? { identityProvider: openProvider(identityProvider, missing) } : {}),
  };
}

function openProvider(
  { authentication, tokenEndpoint, ...rest }: IdentityProvider,
  missing: Set<OptionName>,
): IdentityProvider {
  return {
    ...rest,
    authentication: openAuthentication(authentication, "idp-", missing),
    ...(tokenEndpoint === undefined ? {} : { tokenEndpoint: withoutQuery(tokenEndpoint) }),
  };
}

function openAssertion(
  assertion: AssertionSource | SignedAssertion,
  missing: Set<OptionName>,
): AssertionSource | SignedAssertion {
  if (assertion.from !== "signed") return openSource(assertion, "client-assertion-file", missing);
  const { subject } = assertion;
  return {
    from: "signed",
    ...(subject === undefined ? {} : { subject }),
    ...openKey(assertion, "", missing),
  };
}

const openToken = (
  { source, type }: GivenToken,
  option: OptionName,
  missing: Set<OptionName>,
): GivenToken => ({
  source: openSource(source, option, missing),
  ...(type === undefined ? {} : { type }),
});

/** A platform's token is no secret of this machine's: another has its own. */
function openSource(source: AssertionSource, option: OptionName, missing: Set<OptionName>): AssertionSource {
  if (isPlatformSource(source)) return source;
  missing.add(option);
  return MISSING;
}

/** @param prefix of the options about whom the client proves itself to */
function openAuthentication(
  authentication: ClientAuthentication,
  prefix: "" | "idp-",
  missing: Set<OptionName>,
): ClientAuthentication {
  switch (authentication.kind) {
    case "secret":
      missing.add(`${prefix}client-secret`);
      return { ...authentication, secret: MISSING };
    case "private_key":
      return { kind: "private_key", ...openKey(authentication, prefix, missing) };
    case "assertion": {
      const { assertion } = authentication;
      return {
        ...authentication,
        assertion: openSource(assertion, `${prefix}client-assertion-file`, missing),
      };
    }
    case "tls":
    case "none":
      return authentication;
  }
}

function openKey(
  { key, keyId, signingAlg, passphrase, certificate }: SigningSource,
  prefix: "" | "idp-",
  missing: Set<OptionName>,
): SigningSource {
  missing.add(key.from === "sign-command" ? `${prefix}sign-command` : `${prefix}private-key`);
  if (passphrase) missing.add(`${prefix}private-key-passphrase-file`);
  if (certificate) missing.add(`${prefix}certificate`);
  return {
    key: MISSING,
    ...(keyId === undefined ? {} : { keyId }),
    ...(signingAlg === undefined ? {} : { signingAlg }),
  };
}
