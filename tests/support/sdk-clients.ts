// Clients of both eras (the official SDKs) over the executable, under one roof.
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernHttp,
  type VersionNegotiationOptions,
} from "@modelcontextprotocol/client";
import { StdioClientTransport as ModernStdio } from "@modelcontextprotocol/client/stdio";
import { Client as LegacyClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as LegacyStdio } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as LegacyHttp } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport as LegacyTransport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { BINARY } from "./home.ts";

export type Json = Record<string, unknown>;

export interface CallOptions {
  onprogress?: (progress: number, message: string | undefined) => void;
  signal?: AbortSignal;
  meta?: Json;
}

/** A client of either era. */
export interface AnyClient {
  era: "legacy" | "modern";
  info(): unknown;
  capabilities(): unknown;
  instructions(): string | undefined;
  /** The version that was agreed on. */
  version(): string | undefined;
  request(method: string, params?: Json): Promise<Json>;
  call(name: string, args?: Json, options?: CallOptions): Promise<Json>;
  notify(method: string, params: Json): Promise<void>;
  /** The level of log messages wanted from now on. */
  setLevel(level: string): Promise<void>;
  /** Wants to hear of updates of these resources, and of all list changes; resolves with what ends that. */
  watch(uris: string[]): Promise<() => Promise<void>>;
  /** Messages as they came over the wire, where the client hides something of them. */
  wire: Json[];
  /** Notifications heard so far. */
  heard: { method: string; params: Json }[];
  /** What the server asked so far. */
  asked: { method: string; params: Json }[];
  /** What the user does with an elicitation. */
  answer: { action: "accept" | "decline" | "cancel"; content?: Record<string, string> };
  /** Each answer to the server waits for it. */
  pondering: Promise<void> | undefined;
  close(): Promise<void>;
}

export interface ConnectOptions {
  url: string;
  env: Record<string, string>;
  args?: string[];
  capabilities?: Json;
  /** Where `m2mcp serve` gives the server to HTTP clients; the executable is not started then. */
  served?: string;
  /** What each request to it bears. */
  headers?: Record<string, string>;
  /** Whether the session id of the first answer goes with all requests, as with clients that take no later one. */
  keepsFirstId?: boolean;
}

const CAPABILITIES = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };
const ROOTS = { roots: [{ uri: "file:///work", name: "work" }] };
const SAMPLE = {
  model: "none",
  role: "assistant" as const,
  content: { type: "text" as const, text: "Paris" },
  stopReason: "endTurn",
};
const anything = z.looseObject({});

const parameters = ({ url, env, args = [] }: ConnectOptions) => ({
  command: BINARY,
  args: ["bridge", url, ...args],
  env,
  stderr: "inherit" as const,
});

/** Notifications that the clients give to handlers of their own unless asked not to. */
const KNOWN = [
  "notifications/message",
  "notifications/resources/updated",
  "notifications/tools/list_changed",
  "notifications/prompts/list_changed",
  "notifications/resources/list_changed",
] as const;

/** @param version the version to ask for; the SDK's latest unless given */
export async function connectLegacy(options: ConnectOptions, version?: string): Promise<AnyClient> {
  const client = new LegacyClient(
    { name: "old-client", version: "1.0" },
    { capabilities: options.capabilities ?? CAPABILITIES },
  );
  const wire: Json[] = [];
  const heard: AnyClient["heard"] = [];
  const asked: AnyClient["asked"] = [];
  const offered = options.capabilities ?? CAPABILITIES;
  client.fallbackNotificationHandler = async ({ method, params = {} }) => void heard.push({ method, params });
  const any: AnyClient = {
    era: "legacy",
    info: () => client.getServerVersion(),
    capabilities: () => client.getServerCapabilities(),
    instructions: () => client.getInstructions(),
    version: () => agreed,
    request: (method, params) => client.request({ method, ...(params ? { params } : {}) }, anything),
    call: (name, args = {}, { onprogress, signal, meta } = {}) =>
      client.request(
        { method: "tools/call", params: { name, arguments: args, ...(meta ? { _meta: meta } : {}) } },
        anything,
        {
          ...(onprogress ? { onprogress: ({ progress, message }) => onprogress(progress, message) } : {}),
          ...(signal ? { signal } : {}),
        },
      ),
    notify: (method, params) => client.notification({ method, params } as never),
    setLevel: async (level) => void (await client.setLoggingLevel(level as "info")),
    async watch(uris) {
      for (const uri of uris) await client.subscribeResource({ uri });
      return async () => {
        for (const uri of uris) await client.unsubscribeResource({ uri });
      };
    },
    wire,
    heard,
    asked,
    answer: { action: "accept", content: { name: "Ada" } },
    pondering: undefined,
    close: () => client.close(),
  };
  if (offered.elicitation)
    client.setRequestHandler(ElicitRequestSchema, async ({ method, params }) => {
      asked.push({ method, params });
      await any.pondering;
      return params.mode === "url" ? { action: any.answer.action } : any.answer;
    });
  if (offered.sampling)
    client.setRequestHandler(CreateMessageRequestSchema, async ({ method, params }) => {
      asked.push({ method, params });
      await any.pondering;
      return SAMPLE;
    });
  if (offered.roots)
    client.setRequestHandler(ListRootsRequestSchema, async ({ method }) => {
      asked.push({ method, params: {} });
      await any.pondering;
      return ROOTS;
    });
  let agreed: string | undefined;
  const transport: LegacyTransport =
    options.served === undefined
      ? new LegacyStdio(parameters(options))
      : (new LegacyHttp(new URL(options.served), {
          requestInit: { headers: options.headers ?? {} },
          ...(options.keepsFirstId ? { fetch: keepingFirstId() } : {}),
        }) as LegacyTransport);
  const send = transport.send.bind(transport);
  transport.send = (message) => {
    // The SDK asks for its latest version only.
    if (version !== undefined && "method" in message && message.method === "initialize")
      return send({ ...message, params: { ...message.params, protocolVersion: version } });
    return send(message);
  };
  const told = transport.setProtocolVersion?.bind(transport);
  const setProtocolVersion = (now: string) => {
    agreed = now;
    told?.(now);
  };
  Object.assign(transport, { setProtocolVersion });
  await client.connect(transport);
  tap(transport, wire);
  return any;
}

function keepingFirstId(): (url: string | URL, init?: RequestInit) => Promise<Response> {
  let first: string | null = null;
  return async (url, init) => {
    const headers = new Headers(init?.headers);
    if (first !== null && headers.has("mcp-session-id")) headers.set("mcp-session-id", first);
    const response = await fetch(url, { ...init, headers });
    first ??= response.headers.get("mcp-session-id");
    return response;
  };
}

/** @param mode how the SDK finds the version; insists on 2026-07-28 unless given */
export async function connectModern(
  options: ConnectOptions,
  mode: VersionNegotiationOptions["mode"] = { pin: "2026-07-28" },
): Promise<AnyClient> {
  const offered = options.capabilities ?? CAPABILITIES;
  const client = new ModernClient(
    { name: "new-client", version: "2.0" },
    { capabilities: offered, versionNegotiation: { mode } },
  );
  const wire: Json[] = [];
  const heard: AnyClient["heard"] = [];
  const asked: AnyClient["asked"] = [];
  for (const method of KNOWN)
    client.setNotificationHandler(method, ({ params = {} }) => void heard.push({ method, params }));
  client.fallbackNotificationHandler = async ({ method, params = {} }) => void heard.push({ method, params });
  let level: string | undefined;
  const withLevel = (meta: Json | undefined): Json | undefined =>
    level === undefined ? meta : { ...meta, "io.modelcontextprotocol/logLevel": level };
  const any: AnyClient = {
    era: "modern",
    info: () => client.getServerVersion(),
    capabilities: () => client.getServerCapabilities(),
    instructions: () => client.getInstructions(),
    version: () => client.getNegotiatedProtocolVersion(),
    request: (method, params) => client.request({ method, ...(params ? { params } : {}) }, anything),
    async call(name, args = {}, { onprogress, signal, meta } = {}) {
      const _meta = withLevel(meta);
      return client.callTool(
        { name, arguments: args, ...(_meta ? { _meta } : {}) },
        {
          ...(onprogress ? { onprogress: ({ progress, message }) => onprogress(progress, message) } : {}),
          ...(signal ? { signal } : {}),
        },
      );
    },
    notify: (method, params) => client.notification({ method, params }),
    async setLevel(wanted) {
      level = wanted;
    },
    async watch(uris) {
      if (client.getProtocolEra() === "legacy") {
        for (const uri of uris) await client.subscribeResource({ uri });
        return async () => {
          for (const uri of uris) await client.unsubscribeResource({ uri });
        };
      }
      const subscription = await client.listen({
        toolsListChanged: true,
        promptsListChanged: true,
        resourcesListChanged: true,
        resourceSubscriptions: uris,
      });
      return () => subscription.close();
    },
    wire,
    heard,
    asked,
    answer: { action: "accept", content: { name: "Ada" } },
    pondering: undefined,
    close: () => client.close(),
  };
  if (offered.elicitation)
    client.setRequestHandler("elicitation/create", async ({ method, params }) => {
      asked.push({ method, params });
      await any.pondering;
      return params.mode === "url" ? { action: any.answer.action } : any.answer;
    });
  if (offered.sampling)
    client.setRequestHandler("sampling/createMessage", async ({ method, params }) => {
      asked.push({ method, params });
      await any.pondering;
      return SAMPLE;
    });
  if (offered.roots)
    client.setRequestHandler("roots/list", async ({ method }) => {
      asked.push({ method, params: {} });
      await any.pondering;
      return ROOTS;
    });
  const transport =
    options.served === undefined
      ? new ModernStdio(parameters(options))
      : new ModernHttp(new URL(options.served), { requestInit: { headers: options.headers ?? {} } });
  await client.connect(transport);
  tap(transport, wire);
  return any;
}

/** Writes down what comes in. */
function tap(transport: { onmessage?: unknown }, wire: Json[]): void {
  const take = transport.onmessage as (message: Json, extra?: unknown) => void;
  transport.onmessage = (message: Json, extra?: unknown) => {
    wire.push(message);
    take(message, extra);
  };
}
