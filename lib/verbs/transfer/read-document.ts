import { requireSecure } from "../../auth/discovery/url.ts";
import { parseCacheAddress } from "../../cache/address.ts";
import type { OptionName } from "../../command-line/options.ts";
import { wrongUsage } from "../../failure.ts";
import { isObject } from "../../json.ts";
import { LEGACY_VERSIONS, MODERN_VERSIONS } from "../../mcp/protocol/versions.ts";
import { parseHeader } from "../target/headers.ts";
import type { Profile, ToolPolicy } from "../target/saved.ts";
import { profileName, serverUrl } from "../target/server-url.ts";
import { type Exported, exportedProfile, FORMAT, HOW_GIVEN, isOpenCache, VERSION } from "./document.ts";
import { type Fields, fieldsOf, notOurs } from "./fields.ts";
import { leftOut } from "./left-out.ts";
import { credentialsOf } from "./read-credentials.ts";

/** A profile of a file, and which of its members were not taken, in words. */
export interface Imported extends Exported {
  leftOut?: string | undefined;
}

const MOST_PROFILES = 1000;

/**
 * The profiles of a file that export has written, or somebody else: each member is read by itself, and nothing that
 * could be run, or read from this machine and sent elsewhere, is taken.
 *
 * @throws M2mcpError (exit 1) naming what is not right, never its value
 */
export function readDocument(text: string, nowMs: number): Imported[] {
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

function readProfile(value: unknown, where: string, nowMs: number): Imported {
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
  const cache = at.read("cache", openCache);
  const timeoutMs = value.timeoutMs;
  if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs > 0 && timeoutMs < 2e9))
    throw at.wrong("timeoutMs");
  const tools = value.tools === undefined ? undefined : at.check("tools", () => toolsOf(value.tools));
  const credentials =
    value.credentials === undefined ? undefined : credentialsOf(value.credentials, name, allowHttp);
  at.check("server", () => requireSecure(server, "the server's address", allowHttp ?? []));
  // Whatever the file names as a place of secrets is not looked at.
  const told = (at.list("missing") ?? []).filter((one) => one in HOW_GIVEN) as OptionName[];
  // A field that is not read here does not compile.
  const read: { [Field in keyof Required<Profile>]: Profile[Field] | undefined } = {
    name,
    server,
    login,
    headers,
    protocol,
    allowHttp,
    ca,
    cache,
    timeoutMs,
    tools,
    credentials,
    createdAtMs: nowMs,
  };
  const given = Object.entries(read).filter(([, one]) => one !== undefined);
  const { profile, missing } = exportedProfile(Object.fromEntries(given) as unknown as Profile);
  return {
    profile,
    missing: [...new Set([...missing, ...told])],
    leftOut: leftOut({ ...value, missing: undefined }, { ...read, credentials: profile.credentials }),
  };
}

function knownProtocol(text: string): string {
  if ([...MODERN_VERSIONS, ...LEGACY_VERSIONS].includes(text)) return text;
  throw wrongUsage("unknown");
}

/** What is sent to a cache is sealed; a variable of this machine would not be. */
function openCache(text: string): string {
  if (!isOpenCache(text)) throw wrongUsage("a password or a variable");
  parseCacheAddress(text);
  return text;
}

function headersOf(value: unknown, at: Fields): [string, string][] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length > MOST_PROFILES) throw at.wrong("headers");
  return value.map((header) => {
    if (!Array.isArray(header) || header.length !== 2 || !header.every((part) => typeof part === "string"))
      throw at.wrong("headers");
    return at.check("headers", () => parseHeader(`${header[0]}: ${header[1]}`));
  });
}

const POLICY = ["allow", "deny", "readOnly", "pin"];

/** Nothing of it is passed over: without it a host could use more tools. */
function toolsOf(value: unknown): ToolPolicy {
  if (!isObject(value)) throw wrongUsage("no object");
  const at = fieldsOf(value, "tools");
  const isOn = (name: string) => {
    if (![undefined, true, false].includes(value[name] as boolean | undefined)) throw at.wrong(name);
    return value[name] === true;
  };
  const unknown = Object.keys(value).find((name) => !POLICY.includes(name));
  if (unknown !== undefined) throw at.wrong(unknown);
  const [allow, deny] = [at.list("allow"), at.list("deny")];
  return {
    ...(allow ? { allow } : {}),
    ...(deny ? { deny } : {}),
    ...(isOn("readOnly") ? { readOnly: true } : {}),
    ...(isOn("pin") ? { pin: true } : {}),
  };
}
