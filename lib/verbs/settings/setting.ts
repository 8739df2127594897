import { isPlatformSource } from "../../auth/client/secrets.ts";
import { type Credentials, grantOf, type ReadyToken, type TokenOrigin } from "../../auth/credentials.ts";
import type { PlatformSource } from "../../auth/platforms/platform.ts";
import { GRANTS } from "../../command-line/options/grants.ts";
import type { OptionName } from "../../command-line/options.ts";
import { withoutUrlSecrets } from "../../failure.ts";
import { isVariable } from "../target/headers.ts";
import type { Profile } from "../target/saved.ts";
import { sourceShown } from "./source-shown.ts";

/** One thing of a profile that can be shown and changed, under the name of the option that gives it. */
export interface Setting {
  name: OptionName;
  /** A login may be borrowed by other profiles; of what is of this side, the server and its tokens know nothing. */
  of: "login" | "connection" | "this side";
  /** As a person may see it: never a secret. Undefined where it is not set. */
  shown(profile: Profile, origin: TokenOrigin | undefined): string | undefined;
  /** The profile without it; absent where it cannot be unset. */
  unset?(profile: Profile): Profile;
}

const inSeconds = (ms: number | undefined) => (ms === undefined ? undefined : `${ms / 1000}`);
const isOn = (value: unknown) => (value ? "yes" : undefined);
const list = (values: readonly string[] | undefined) =>
  values && values.length > 0 ? values.join(" ") : undefined;

/** Of a header its variables alone are no secret. */
const headerShown = ([name, value]: readonly [string, string]) =>
  `${name}: ${isVariable(value) ? value : "…"}`;

const ofProfile = (
  name: OptionName,
  shown: (profile: Profile) => string | undefined,
  key: keyof Profile,
  of: Setting["of"] = "connection",
): Setting => ({
  name,
  of,
  shown,
  unset: ({ [key]: _, ...rest }) => rest as Profile,
});

const ofTools = (
  name: OptionName,
  shown: (tools: NonNullable<Profile["tools"]>) => string | undefined,
  key: keyof NonNullable<Profile["tools"]>,
): Setting => ({
  name,
  of: "this side",
  shown: ({ tools }) => tools && shown(tools),
  unset({ tools, ...rest }) {
    const { [key]: _, ...others } = tools ?? {};
    return Object.keys(others).length > 0 ? { ...rest, tools: others } : rest;
  },
});

const ofLogin = (
  name: OptionName,
  shown: (credentials: Credentials) => string | undefined,
  key: keyof Credentials,
): Setting => ({
  name,
  of: "login",
  shown: (_, origin) => ofGrant(origin, shown),
  unset: (profile) => changedLogin(profile, ({ [key]: _, ...rest }) => rest as Credentials),
});

/** The same of a token that something else makes. */
const ofToken = (
  name: OptionName,
  shown: (origin: ReadyToken) => string | undefined,
  key?: keyof ReadyToken,
): Setting => ({
  name,
  of: "login",
  shown: (_, origin) => (origin?.grant === null ? shown(origin) : undefined),
  ...(key === undefined
    ? {}
    : {
        unset(profile) {
          if (profile.credentials?.grant !== null) return profile;
          const { [key]: _, ...rest } = profile.credentials;
          return { ...profile, credentials: rest as ReadyToken };
        },
      }),
});

function ofGrant<T>(
  origin: TokenOrigin | undefined,
  shown: (credentials: Credentials) => T | undefined,
): T | undefined {
  const credentials = grantOf(origin);
  return credentials && shown(credentials);
}

/** A profile whose credentials are others; the same where it has none, or tokens that something else makes. */
export function changedLogin(profile: Profile, change: (old: Credentials) => Credentials): Profile {
  const credentials = grantOf(profile.credentials);
  return credentials ? { ...profile, credentials: change(credentials) } : profile;
}

const secretShown = ({ authentication }: Credentials): string | undefined =>
  authentication.kind === "secret" ? sourceShown(authentication.secret) : undefined;

/** The platform whose token proves the client or is the grant. */
function platformOf({ authentication, assertion }: Credentials): PlatformSource | undefined {
  const source = assertion ?? (authentication.kind === "assertion" ? authentication.assertion : undefined);
  return source && isPlatformSource(source) ? source : undefined;
}

const ofPlatform = (name: OptionName, shown: (source: PlatformSource) => string | undefined): Setting => ({
  name,
  of: "login",
  shown(_, origin) {
    const source = ofGrant(origin, platformOf);
    return source && shown(source);
  },
});

/** All of them, as help and `m2mcp config` list them. */
export const SETTINGS: readonly Setting[] = [
  ofProfile("header", ({ headers }) => list(headers?.map(headerShown)), "headers"),
  ofProfile("protocol", ({ protocol }) => protocol, "protocol"),
  ofProfile("timeout", ({ timeoutMs }) => inSeconds(timeoutMs), "timeoutMs", "this side"),
  ofProfile("ca", ({ ca }) => ca, "ca"),
  ofProfile("cache", ({ cache }) => cache && withoutUrlSecrets(cache), "cache", "this side"),
  ofProfile("allow-http", ({ allowHttp }) => list(allowHttp), "allowHttp"),
  ofTools("allow-tool", ({ allow }) => list(allow), "allow"),
  ofTools("deny-tool", ({ deny }) => list(deny), "deny"),
  ofTools("read-only", ({ readOnly }) => isOn(readOnly), "readOnly"),
  ofTools("pin", ({ pin }) => isOn(pin), "pin"),
  ofToken("token", ({ token }) => sourceShown(token)),
  ofToken("token-lifetime", ({ lifetimeMs }) => inSeconds(lifetimeMs), "lifetimeMs"),
  { name: "client-id", of: "login", shown: (_, origin) => grantOf(origin)?.clientId },
  { name: "client-secret", of: "login", shown: (_, origin) => ofGrant(origin, secretShown) },
  {
    name: "auth-method",
    of: "login",
    shown: (_, origin) =>
      ofGrant(origin, ({ authentication }) =>
        authentication.kind === "secret" ? authentication.method : undefined,
      ),
    unset: (profile) =>
      changedLogin(profile, (credentials) => {
        const { authentication } = credentials;
        if (authentication.kind !== "secret") return credentials;
        const { method: _, ...rest } = authentication;
        return { ...credentials, authentication: rest };
      }),
  },
  ofPlatform("assertion", ({ from }) => from),
  ofPlatform("assertion-identity", ({ identity }) => identity),
  ofPlatform("assertion-lifetime", ({ lifetimeS }) => lifetimeS?.toString()),
  ofLogin("scope", ({ scope }) => scope, "scope"),
  ofLogin("issuer", ({ issuer }) => issuer, "issuer"),
  ofLogin("token-endpoint", ({ tokenEndpoint }) => tokenEndpoint, "tokenEndpoint"),
  ofLogin("resource", ({ resource }) => (resource === null ? "not sent" : resource), "resource"),
  ofLogin("client-assertion-type", ({ clientAssertionType }) => clientAssertionType, "clientAssertionType"),
  {
    name: "audience",
    of: "login",
    shown: (_, origin) => origin?.audience,
    unset(profile) {
      if (!profile.credentials) return profile;
      const { audience: _, ...rest } = profile.credentials;
      return { ...profile, credentials: rest };
    },
  },
  ofLogin("assertion-audience", ({ assertionAudience }) => assertionAudience, "assertionAudience"),
  ofLogin("token-param", ({ tokenParams }) => list(tokenParams?.map(([name]) => `${name}=…`)), "tokenParams"),
  ofLogin("dpop", ({ dpop }) => isOn(dpop), "dpop"),
];

/** What is exchanged for a token, and who vouches for a person, each given anew by itself. */
export const EXCHANGE_SETTINGS: readonly OptionName[] = Object.keys(GRANTS).filter(
  (name): name is keyof typeof GRANTS => name !== "assertion-subject",
);

/** What proves a client, to be given anew: shown by where it is from at most. */
export const PROOF_SETTINGS: readonly OptionName[] = [
  "client-secret",
  "client-secret-file",
  "client-secret-command",
  "private-key",
  "private-key-passphrase-file",
  "sign-command",
  "key-id",
  "signing-alg",
  "certificate",
  "client-assertion-file",
  "client-assertion-command",
  "client-assertion-env",
  "assertion",
  "assertion-identity",
  "assertion-lifetime",
  "client-cert",
  "client-key",
  "auth-method",
];
