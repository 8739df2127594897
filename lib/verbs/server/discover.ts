import type { AuthorizationSurvey, IssuerSurvey } from "../../auth/diagnosis/survey.ts";
import { surveyAuthorization } from "../../auth/diagnosis/survey.ts";
import { grantsForPeople } from "../../auth/grants/for-people.ts";
import { withoutSecrets } from "../../auth/redact.ts";
import type { Command } from "../../command-line/command.ts";
import { EXIT, M2mcpError, withoutUrlSecrets } from "../../failure.ts";
import { describeServer, type ServerInfo } from "../../hosts/server-info.ts";
import type { ServerEra } from "../../mcp/protocol/endpoint.ts";
import { table } from "../../ui/table.ts";
import { authDeps } from "../target/auth-deps.ts";
import { savedProfile, urlOf } from "../target/profile-for.ts";
import { memoryCache } from "../target/saved.ts";
import { profileName } from "../target/server-url.ts";
import { storeOf } from "../target/store.ts";
import { type Target, withOptions } from "../target/target.ts";
import { withTarget } from "../with-client.ts";

/** What a server says of itself to who has no token; nothing of it where it wants one for that too. */
interface Spoken {
  era: ServerEra | null;
  versions: string[];
  server: Pick<ServerInfo, "name" | "version" | "title"> | null;
  capabilities: string[];
}

const SILENT: Spoken = { era: null, versions: [], server: null, capabilities: [] };

/** `m2mcp discover <server>`: what a server is, before any login. Nothing is kept, and no credentials are sent. */
export async function run(command: Command): Promise<undefined> {
  const target = await bareTarget(command, command.positionals[0] ?? "");
  const deps = await authDeps(command, target);
  const keys = [...(deps.headerValues ?? []), ...new URL(target.server).searchParams.values()];
  const authorization = redacted(await surveyAuthorization(deps, target.server), keys);
  const spoken = redacted(await speak(command, target), keys);
  const url = withoutUrlSecrets(target.server);
  command.output.data({ url, ...spoken, authorization });
  command.output.print(inWords(url, spoken, authorization));
}

/** What a server says, without what it repeats of the request. */
const redacted = <T>(value: T, secrets: readonly string[]): T =>
  JSON.parse(
    JSON.stringify(value, (_key, one) => (typeof one === "string" ? withoutSecrets(one, secrets) : one)),
  );

/** The server alone: without credentials, and without what is remembered of it. */
async function bareTarget(command: Command, text: string): Promise<Target> {
  const store = storeOf(command);
  const profile = text.startsWith("@") ? await savedProfile(store, profileName(text)) : undefined;
  const server = profile?.server ?? (await urlOf(store, text));
  const reached = { credentials: null, cache: memoryCache({}), ...(profile ? { profile } : {}) };
  return withOptions(command, store, server, reached);
}

/** Asks the server what it speaks; many want a token before they say. */
async function speak(command: Command, target: Target): Promise<Spoken> {
  try {
    const result = await withTarget(command, target, (client) => client.request("server/discover"));
    const { name, version, title, capabilities, protocolVersion } = describeServer(result);
    const supported = result.supportedVersions;
    const { era = null } = (await target.cache.server(target.server).read()) ?? {};
    return {
      era,
      versions: Array.isArray(supported)
        ? supported.filter((one) => typeof one === "string")
        : [protocolVersion],
      server: { name, version, ...(title === undefined ? {} : { title }) },
      capabilities: Object.keys(capabilities).sort(),
    };
  } catch (error) {
    if (error instanceof M2mcpError && error.exitCode === EXIT.auth) return SILENT;
    throw error;
  }
}

const ERAS: Readonly<Record<ServerEra, string>> = {
  modern: "without sessions (2026-07-28 and later)",
  legacy: "with a handshake (2025-03-26 to 2025-11-25)",
  sse: "HTTP+SSE (2024-11-05)",
};

function inWords(
  url: string,
  { era, versions, server, capabilities }: Spoken,
  found: AuthorizationSurvey,
): string {
  const rows: [string, string][] = [["url", url]];
  if (server && era) {
    rows.push([
      "server",
      `${server.title ? `${server.title} (${server.name})` : server.name} ${server.version}`,
    ]);
    rows.push(["protocol", `${versions.join(", ")}: ${ERAS[era]}`]);
    rows.push(["capabilities", capabilities.join(", ") || "none"]);
  } else rows.push(["protocol", "not said before a login"]);
  const { required, status, challenge, resource, resourceFailure, authorizationServers } = found;
  const asked = challenge ? `, challenge ${challenge.scheme}` : "";
  rows.push([
    "authorization",
    required ? `a token is wanted (HTTP status ${status}${asked})` : "none is asked for",
  ]);
  if (resource) rows.push(["resource", resource.resource]);
  else if (required)
    rows.push(["resource", resourceFailure?.message ?? "it publishes no metadata of itself"]);
  const scopes = challenge?.scope ?? resource?.scopes?.join(" ");
  if (scopes) rows.push(["scopes", scopes]);
  if (resource?.dpopRequired) rows.push(["tokens", "must be bound to a key (DPoP)"]);
  for (const one of authorizationServers) rows.push(...issuerRows(one));
  if (required && authorizationServers.length === 0)
    rows.push(["issuer", "none is named, and the server is none itself"]);
  const next = required ? nextStep(url, authorizationServers) : `m2mcp connect ${url} @NAME`;
  return `${table(rows)}\n\n${next}`;
}

function issuerRows({ issuer, failure, ...known }: IssuerSurvey): [string, string][] {
  if (failure) return [["issuer", `${issuer} (${failure.message})`]];
  const { grants, authMethods, signingAlgs, dpopAlgs, certificateBound, tokenEndpoint } = known;
  const algs = signingAlgs ? ` (${signingAlgs.join(", ")})` : "";
  return [
    ["issuer", issuer],
    ["  token endpoint", tokenEndpoint ?? "none"],
    ["  grants", grants?.join(", ") ?? "not said"],
    ["  client proves itself by", `${authMethods?.join(", ") ?? "not said, so client_secret_basic"}${algs}`],
    ...(dpopAlgs ? [["  tokens bound to a key", dpopAlgs.join(", ")] as [string, string]] : []),
    ...(certificateBound ? [["  tokens bound to", "the client's certificate"] as [string, string]] : []),
  ];
}

function nextStep(url: string, issuers: readonly IssuerSurvey[]): string {
  const usable = issuers.filter(({ grants }) => grantsForPeople(grants) === undefined);
  if (issuers.length > 0 && usable.length === 0)
    return "No grant here is for a machine: ask who runs the authorization server for client_credentials.";
  const methods = usable.flatMap(({ authMethods = [] }) => authMethods);
  const byKey =
    methods.includes("private_key_jwt") && !methods.some((one) => one.startsWith("client_secret_"));
  return `m2mcp login ${url} @NAME --client-id ID ${byKey ? "--private-key PATH" : "--client-secret SECRET"}`;
}
