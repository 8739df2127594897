import { isPlatformSource } from "../../auth/client/secrets.ts";
import type { ClientAuthentication, Credentials, TokenOrigin } from "../../auth/credentials.ts";
import type { OptionName } from "../../command-line/options.ts";
import { isVariable } from "../target/headers.ts";
import type { Profile } from "../target/saved.ts";

/** What a file of profiles begins with. */
export const FORMAT = "m2mcp profiles";
export const VERSION = 1;

/** A profile without what only its owner may have, and what is missing therefore. */
export interface Exported {
  profile: Profile;
  /** Names of settings, as `m2mcp config` has them. */
  missing: OptionName[];
}

const MISSING = { from: "missing" } as const;

/** How each setting that may be missing is given to `m2mcp config`, those first that go together with others. */
export const HOW_GIVEN: Partial<Record<OptionName, string>> = {
  "client-secret": "client-secret=-",
  "private-key": "private-key=PATH",
  "sign-command": "sign-command=COMMAND",
  "private-key-passphrase-file": "private-key-passphrase-file=PATH",
  certificate: "certificate=PATH",
  "client-assertion-file": "client-assertion-file=PATH",
  "client-cert": "client-cert=PATH",
  "client-key": "client-key=PATH",
  "token-file": "token-file=PATH",
  "token-param": "token-param=NAME=VALUE",
  header: "header='NAME: VALUE'",
};

/**
 * A profile as another machine may have it: no secret, no key, no command and no path that one is read from, no value
 * of a header or a parameter that is not a variable's name, no value of an address's query.
 */
export function withoutSecrets(profile: Profile): Exported {
  const missing = new Set<OptionName>();
  const { headers, credentials, server, ...rest } = profile;
  const open = headers?.filter(([, value]) => isVariable(value)) ?? [];
  if (open.length < (headers?.length ?? 0)) missing.add("header");
  return {
    profile: {
      ...rest,
      server: withoutQuery(server),
      ...(open.length > 0 ? { headers: open } : {}),
      ...(credentials ? { credentials: openOrigin(credentials, missing) } : {}),
    },
    missing: [...missing],
  };
}

function withoutQuery(address: string): string {
  const url = URL.parse(address);
  if (!url || url.search === "") return address;
  url.search = "";
  return url.href;
}

function openOrigin(origin: TokenOrigin, missing: Set<OptionName>): TokenOrigin {
  if (origin.grant !== null) return openCredentials(origin, missing);
  const { token, tls, ...rest } = origin;
  if (tls) for (const name of ["client-cert", "client-key"] as const) missing.add(name);
  const isOpen = isPlatformSource(token);
  if (!isOpen) missing.add("token-file");
  return {
    ...rest,
    token: isOpen ? token : MISSING,
    ...(tls ? { tls: { cert: MISSING, key: MISSING } } : {}),
  };
}

function openCredentials(
  { authentication, tls, assertion, tokenParams, tokenEndpoint, ...rest }: Credentials,
  missing: Set<OptionName>,
): Credentials {
  if (tokenParams) missing.add("token-param");
  const isSvid = tls !== undefined && "from" in tls;
  if (tls && !isSvid) for (const name of ["client-cert", "client-key"] as const) missing.add(name);
  if (assertion && !isPlatformSource(assertion)) missing.add("client-assertion-file");
  return {
    ...rest,
    authentication: openAuthentication(authentication, missing),
    ...(tokenEndpoint === undefined ? {} : { tokenEndpoint: withoutQuery(tokenEndpoint) }),
    ...(tls ? { tls: isSvid ? tls : { cert: MISSING, key: MISSING } } : {}),
    ...(assertion ? { assertion: isPlatformSource(assertion) ? assertion : MISSING } : {}),
  };
}

function openAuthentication(
  authentication: ClientAuthentication,
  missing: Set<OptionName>,
): ClientAuthentication {
  switch (authentication.kind) {
    case "secret":
      missing.add("client-secret");
      return { ...authentication, secret: MISSING };
    case "private_key": {
      const { key, keyId, signingAlg, passphrase, certificate } = authentication;
      missing.add(key.from === "sign-command" ? "sign-command" : "private-key");
      if (passphrase) missing.add("private-key-passphrase-file");
      if (certificate) missing.add("certificate");
      return {
        kind: "private_key",
        key: MISSING,
        ...(keyId === undefined ? {} : { keyId }),
        ...(signingAlg === undefined ? {} : { signingAlg }),
      };
    }
    case "assertion":
      if (isPlatformSource(authentication.assertion)) return authentication;
      missing.add("client-assertion-file");
      return { kind: "assertion", assertion: MISSING };
    case "tls":
    case "none":
      return authentication;
  }
}
