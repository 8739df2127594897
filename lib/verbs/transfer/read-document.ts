import type { ClientAuthentication, Credentials } from "../../auth/credentials.ts";
import { requireSecure } from "../../auth/discovery/url.ts";
import type { OptionName } from "../../command-line/options.ts";
import { showControls } from "../../controls.ts";
import { M2mcpError, wrongUsage } from "../../failure.ts";
import { isObject, type JsonObject, objectOf } from "../../json.ts";
import { LEGACY_VERSIONS, MODERN_VERSIONS } from "../../mcp/protocol/versions.ts";
import { parseHeader } from "../target/headers.ts";
import type { ToolPolicy } from "../target/saved.ts";
import { profileName, serverUrl } from "../target/server-url.ts";
import { type Exported, FORMAT, HOW_GIVEN, VERSION, withoutSecrets } from "./document.ts";

const MOST_PROFILES = 1000;
const LONGEST = 4096;
const MISSING = { from: "missing" } as const;

/**
 * The profiles of a file that export has written, or somebody else: each member is read by itself, and nothing that
 * could be run, or read from this machine and sent elsewhere, is taken.
 *
 * @throws M2mcpError (exit 1) naming what is not right, never its value
 */
export function readDocument(text: string, nowMs: number): Exported[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw notOurs("it is not JSON");
  }
  if (!isObject(document) || document.format !== FORMAT) throw notOurs(`its format is not "${FORMAT}"`);
  const { version, profiles } = document;
  if (typeof version === "number" && version > VERSION)
    throw wrongUsage(`the file has version ${version}, which this m2mcp does not know`, "update m2mcp");
  if (version !== VERSION) throw notOurs("its version is not 1");
  if (!Array.isArray(profiles) || profiles.length === 0 || profiles.length > MOST_PROFILES)
    throw notOurs("it holds no profiles, or too many");
  const read = profiles.map((profile, at) => readProfile(profile, `profile ${at + 1}`, nowMs));
  const names = read.map(({ profile }) => profile.name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw notOurs(`it holds @${twice} twice`);
  for (const { name, login } of read.map(({ profile }) => profile))
    if (login !== undefined && !read.some(({ profile }) => profile.name === login && profile.credentials))
      throw notOurs(`@${name} uses a login that is not in it`);
  return read;
}

const notOurs = (why: string) => wrongUsage(`this is no file of profiles: ${why}`, "m2mcp export writes one");

function readProfile(value: unknown, where: string, nowMs: number): Exported {
  if (!isObject(value)) throw notOurs(`${where} is no object`);
  const fields = fieldsOf(value, where);
  const name = fields.read("name", (text) => profileName(`@${text}`)) ?? fields.none("name");
  const at = fieldsOf(value, `@${name}`);
  const allowHttp = at.list("allowHttp");
  const server = at.read("server", serverUrl) ?? at.none("server");
  const login = at.read("login", (text) => profileName(`@${text}`));
  const headers = headersOf(value.headers, at);
  const protocol = at.read("protocol", knownProtocol);
  const ca = at.text("ca");
  const timeoutMs = value.timeoutMs;
  if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs > 0 && timeoutMs < 2e9))
    throw at.wrong("timeoutMs");
  const tools = value.tools === undefined ? undefined : toolsOf(objectOf(value.tools), `@${name}`);
  const credentials =
    value.credentials === undefined ? undefined : credentialsOf(value.credentials, name, allowHttp);
  at.check("server", () => requireSecure(server, "the server's address", allowHttp ?? []));
  // Whatever the file names as a place of secrets is not looked at.
  const told = (at.list("missing") ?? []).filter((one) => one in HOW_GIVEN) as OptionName[];
  const { profile, missing } = withoutSecrets({
    name,
    server,
    ...(login === undefined ? {} : { login }),
    ...(headers ? { headers } : {}),
    ...(protocol === undefined ? {} : { protocol }),
    ...(allowHttp ? { allowHttp } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(tools ? { tools } : {}),
    ...(credentials ? { credentials } : {}),
    createdAtMs: nowMs,
  });
  return { profile, missing: [...new Set([...missing, ...told])] };
}

function knownProtocol(text: string): string {
  if ([...MODERN_VERSIONS, ...LEGACY_VERSIONS].includes(text)) return text;
  throw wrongUsage("unknown");
}

/** Reads members of an object, whose failures name the member and never its value. */
function fieldsOf(object: JsonObject, where: string) {
  const wrong = (name: string) => notOurs(`${showControls(where)}: ${name} is not what it should be`);
  function check<T>(name: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw error instanceof M2mcpError ? wrong(name) : error;
    }
  }
  const text = (name: string): string | undefined => {
    const value = object[name];
    if (value === undefined) return undefined;
    if (typeof value !== "string" || value === "" || value.length > LONGEST || /\p{Cc}/u.test(value))
      throw wrong(name);
    return value;
  };
  return {
    wrong,
    check,
    text,
    none(name: string): never {
      throw notOurs(`${showControls(where)} has no ${name}`);
    },
    read<T>(name: string, parse: (text: string) => T): T | undefined {
      const value = text(name);
      return value === undefined ? undefined : check(name, () => parse(value));
    },
    list(name: string): string[] | undefined {
      const value = object[name];
      if (value === undefined) return undefined;
      const isList =
        Array.isArray(value) &&
        value.length <= MOST_PROFILES &&
        value.every((one) => typeof one === "string" && one.length <= LONGEST && !/\p{Cc}/u.test(one));
      if (!isList) throw wrong(name);
      return value as string[];
    },
  };
}

function headersOf(value: unknown, at: ReturnType<typeof fieldsOf>): [string, string][] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length > MOST_PROFILES) throw at.wrong("headers");
  return value.map((header) => {
    if (!Array.isArray(header) || header.length !== 2 || !header.every((part) => typeof part === "string"))
      throw at.wrong("headers");
    return at.check("headers", () => parseHeader(`${header[0]}: ${header[1]}`));
  });
}

function toolsOf(value: JsonObject, where: string): ToolPolicy {
  const at = fieldsOf(value, where);
  const [allow, deny] = [at.list("allow"), at.list("deny")];
  return {
    ...(allow ? { allow } : {}),
    ...(deny ? { deny } : {}),
    ...(value.readOnly === true ? { readOnly: true } : {}),
    ...(value.pin === true ? { pin: true } : {}),
  };
}

function credentialsOf(value: unknown, name: string, allowHttp: string[] = []): Credentials {
  if (!isObject(value)) throw notOurs(`the credentials of @${name} are no object`);
  const at = fieldsOf(value, `the credentials of @${name}`);
  const grant = value.grant;
  if (grant !== "client-credentials" && grant !== "jwt-bearer") throw at.wrong("grant");
  const address = (field: string) => at.read(field, (text) => requireSecure(text, field, allowHttp) && text);
  const [issuer, tokenEndpoint] = [address("issuer"), address("tokenEndpoint")];
  const resource = value.resource === null ? null : at.text("resource");
  const [scope, audience, assertionAudience] = [
    at.text("scope"),
    at.text("audience"),
    at.text("assertionAudience"),
  ];
  return {
    grant,
    clientId: value.clientId === "" ? "" : (at.text("clientId") ?? ""),
    authentication: authenticationOf(value.authentication, at),
    ...(issuer === undefined ? {} : { issuer }),
    ...(tokenEndpoint === undefined ? {} : { tokenEndpoint }),
    ...(resource === undefined ? {} : { resource }),
    ...(scope === undefined ? {} : { scope }),
    ...(audience === undefined ? {} : { audience }),
    ...(assertionAudience === undefined ? {} : { assertionAudience }),
    ...(value.dpop === true ? { dpop: true } : {}),
    ...(value.tls === undefined ? {} : { tls: { cert: MISSING, key: MISSING } }),
    ...(value.assertion === undefined ? {} : { assertion: sourceOf(value.assertion) }),
  };
}

const sourceOf = (value: unknown) =>
  objectOf(value).from === "github-actions" ? ({ from: "github-actions" } as const) : MISSING;

function authenticationOf(value: unknown, at: ReturnType<typeof fieldsOf>): ClientAuthentication {
  const { kind, method, assertion } = objectOf(value);
  const own = fieldsOf(objectOf(value), "the client's proof");
  switch (kind) {
    case "secret":
      if (method !== undefined && method !== "client_secret_basic" && method !== "client_secret_post")
        throw at.wrong("authentication");
      return { kind, secret: MISSING, ...(method === undefined ? {} : { method }) };
    case "private_key": {
      const [keyId, signingAlg] = [own.text("keyId"), own.text("signingAlg")];
      return { kind, key: MISSING, ...(keyId ? { keyId } : {}), ...(signingAlg ? { signingAlg } : {}) };
    }
    case "assertion":
      return { kind, assertion: sourceOf(assertion) };
    case "tls":
    case "none":
      return { kind };
    default:
      throw at.wrong("authentication");
  }
}
