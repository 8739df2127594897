// What clients of both eras write, and how what they get is read: bare JSON-RPC, for what the SDKs would hide.
import type { Home, RunOptions } from "./home.ts";

// biome-ignore lint/suspicious/noExplicitAny: any JSON
export type Json = any;

/** A message as the bridge wrote it. */
export interface Line {
  id?: string | number | null;
  method?: string;
  params?: Json;
  result?: Json;
  error?: Json;
}

export const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

export const request = (id: unknown, method: string, params?: object) => ({
  jsonrpc: "2.0",
  id,
  method,
  ...(params ? { params } : {}),
});
export const notification = (method: string, params?: object) => ({
  jsonrpc: "2.0",
  method,
  ...(params ? { params } : {}),
});
export const cancelled = (requestId: unknown, more: object = {}) =>
  notification("notifications/cancelled", { requestId, ...more });
/** A message as a modern client sends it. */
export const modern = (message: object) => {
  const { params, ...rest } = message as { params?: object };
  return { ...rest, params: { ...params, _meta: META } };
};

export const initialize = (protocolVersion = "2025-11-25", capabilities = {}, id: unknown = "init") =>
  request(id, "initialize", { protocolVersion, capabilities, clientInfo: { name: "raw", version: "1" } });
export const INITIALIZE = initialize("2025-11-25", {}, 1);
export const INITIALIZED = notification("notifications/initialized");
export const DISCOVER = modern(request("init", "server/discover"));

export const call = (id: unknown, name = "x", args?: object) =>
  request(id, "tools/call", { name, ...(args ? { arguments: args } : {}) });
/** A call of the tool echo in either era. */
export const echo = (id: string, era: "legacy" | "modern", text = "hi") => {
  const message = call(id, "echo", { text });
  return era === "modern" ? modern(message) : message;
};

/** What a client of an era begins with, and a call. */
export const beginnings = {
  legacy: [initialize(), INITIALIZED, echo("call", "legacy")],
  modern: [DISCOVER, echo("call", "modern")],
};

/** Messages as lines; strings stand as they are. */
export const lines = (...messages: unknown[]) =>
  messages.map((message) => `${typeof message === "string" ? message : JSON.stringify(message)}\n`).join("");

/** The messages in what the bridge wrote; throws when a line is none. */
export const answers = (stdout: string): Json[] =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

/** All answers to an id. */
export const answersTo = (stdout: string, id: unknown): Json[] =>
  answers(stdout).filter((message) => message.id === id && message.method === undefined);

/** What the bridge writes when these messages are all its input. */
export const piped = async (
  home: Home,
  args: string[],
  messages: object[],
  options: RunOptions = {},
): Promise<Line[]> =>
  answers((await home.run(["bridge", ...args], { ...options, input: lines(...messages) })).stdout);

/** The one answer to an id. */
export function answerTo(heard: Line[], id: string): Line {
  const found = heard.filter((line) => line.id === id && !line.method);
  if (found.length !== 1) throw new Error(`${found.length} answers to ${id} in ${JSON.stringify(heard)}`);
  return found[0] ?? {};
}

export const textOf = (line: Line): unknown => line.result?.content?.[0]?.text;
