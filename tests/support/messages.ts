// Raw conversations with the executable, for what the SDKs would hide.
import type { Home, RunOptions } from "./home.ts";

export interface Line {
  id?: string | number | null;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { code: number; message: string; data?: Record<string, unknown> };
}

export const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

export const initialize = (protocolVersion = "2025-11-25", capabilities = {}) => ({
  jsonrpc: "2.0",
  id: "init",
  method: "initialize",
  params: { protocolVersion, capabilities, clientInfo: { name: "raw", version: "1" } },
});
export const INITIALIZED = { jsonrpc: "2.0", method: "notifications/initialized" };
export const DISCOVER = { jsonrpc: "2.0", id: "init", method: "server/discover", params: { _meta: META } };

/** A call of the tool echo in either era. */
export const echo = (id: string, era: "legacy" | "modern", text = "hi") => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name: "echo", arguments: { text }, ...(era === "modern" ? { _meta: META } : {}) },
});

/** What a client of an era opens with, and a call. */
export const opening = {
  legacy: [initialize(), INITIALIZED, echo("call", "legacy")],
  modern: [DISCOVER, echo("call", "modern")],
};

/** What the bridge writes when these lines are all its input. */
export async function piped(
  home: Home,
  args: string[],
  messages: object[],
  options: RunOptions = {},
): Promise<Line[]> {
  const input = messages.map((message) => `${JSON.stringify(message)}\n`).join("");
  const { stdout } = await home.run(["bridge", ...args], { ...options, input });
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

export const answerTo = (lines: Line[], id: string): Line => {
  const found = lines.filter((line) => line.id === id && !line.method);
  if (found.length !== 1) throw new Error(`${found.length} answers to ${id} in ${JSON.stringify(lines)}`);
  return found[0] ?? {};
};
export const textOf = (line: Line): unknown =>
  (line.result?.content as { text: string }[] | undefined)?.[0]?.text;
