import type { Credentials } from "../../auth/credentials.ts";
import { GRANTS } from "../../command-line/options/grants.ts";
import type { OptionName } from "../../command-line/options.ts";
import { isVariable } from "../target/headers.ts";
import type { Profile } from "../target/saved.ts";

/** One thing of a profile that can be shown and changed, under the name of the option that gives it. */
export interface Setting {
  name: OptionName;
  /** Whether it belongs to the login, which other profiles may borrow. */
  ofLogin: boolean;
  /** As a person may see it: never a secret. Undefined where it is not set. */
  shown(profile: Profile, credentials: Credentials | undefined): string | undefined;
  /** The profile without it; absent where it cannot be unset. */
  unset?(profile: Profile): Profile;
}

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
): Setting => ({
  name,
  ofLogin: false,
  shown,
  unset({ [key]: _, ...rest }) {
    return rest as Profile;
  },
});

const ofTools = (
  name: OptionName,
  shown: (tools: NonNullable<Profile["tools"]>) => string | undefined,
  key: keyof NonNullable<Profile["tools"]>,
): Setting => ({
  name,
  ofLogin: false,
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
  ofLogin: true,
  shown: (_, credentials) => credentials && shown(credentials),
  unset: (profile) => changedLogin(profile, ({ [key]: _, ...rest }) => rest as Credentials),
});

/** A profile whose credentials are others; the same where it has none. */
export const changedLogin = (profile: Profile, change: (old: Credentials) => Credentials): Profile =>
  profile.credentials ? { ...profile, credentials: change(profile.credentials) } : profile;

const secretShown = ({ authentication }: Credentials): string | undefined => {
  if (authentication.kind !== "secret") return undefined;
  const { secret } = authentication;
  if (secret.from === "file") return `from the file ${secret.path}`;
  return { value: "kept", command: "from a command", missing: "missing" }[secret.from];
};

/** All of them, as help and `m2mcp config` list them. */
export const SETTINGS: readonly Setting[] = [
  ofProfile("header", ({ headers }) => list(headers?.map(headerShown)), "headers"),
  ofProfile("protocol", ({ protocol }) => protocol, "protocol"),
  ofProfile(
    "timeout",
    ({ timeoutMs }) => (timeoutMs === undefined ? undefined : `${timeoutMs / 1000}`),
    "timeoutMs",
  ),
  ofProfile("ca", ({ ca }) => ca, "ca"),
  ofProfile("allow-http", ({ allowHttp }) => list(allowHttp), "allowHttp"),
  ofTools("allow-tool", ({ allow }) => list(allow), "allow"),
  ofTools("deny-tool", ({ deny }) => list(deny), "deny"),
  ofTools("read-only", ({ readOnly }) => isOn(readOnly), "readOnly"),
  ofTools("pin", ({ pin }) => isOn(pin), "pin"),
  { name: "client-id", ofLogin: true, shown: (_, credentials) => credentials?.clientId },
  {
    name: "client-secret",
    ofLogin: true,
    shown: (_, credentials) => credentials && secretShown(credentials),
  },
  {
    name: "auth-method",
    ofLogin: true,
    shown: (_, credentials) =>
      credentials?.authentication.kind === "secret" ? credentials.authentication.method : undefined,
    unset: (profile) =>
      changedLogin(profile, (credentials) => {
        const { authentication } = credentials;
        if (authentication.kind !== "secret") return credentials;
        const { method: _, ...rest } = authentication;
        return { ...credentials, authentication: rest };
      }),
  },
  ofLogin("scope", ({ scope }) => scope, "scope"),
  ofLogin("issuer", ({ issuer }) => issuer, "issuer"),
  ofLogin("token-endpoint", ({ tokenEndpoint }) => tokenEndpoint, "tokenEndpoint"),
  ofLogin("resource", ({ resource }) => (resource === null ? "not sent" : resource), "resource"),
  ofLogin("audience", ({ audience }) => audience, "audience"),
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
  "assertion",
  "client-cert",
  "client-key",
  "auth-method",
];
