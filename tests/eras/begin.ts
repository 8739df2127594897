// The first exchange of a client, for tests that are about what comes after it.
import { beforeEach, expect } from "bun:test";
import { type Bridge, startBridge } from "../support/bridge.ts";
import { type Home, homeForEachTest } from "../support/home.ts";
import { type ModernServer, startModernServer } from "../support/mcp/scripted-modern.ts";
import { INITIALIZED, initialize, META, request } from "../support/messages.ts";

export const CLIENT_CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";
export const LOG_LEVEL = "io.modelcontextprotocol/logLevel";

/** A modern client's request, with what it offers; `meta` has more, or other things, to say. */
export const ask = (id: unknown, method: string, params: object = {}, meta: object = {}) =>
  request(id, method, {
    ...params,
    _meta: { ...META, [CLIENT_CAPABILITIES]: { elicitation: {}, roots: {} }, ...meta },
  });

/** A bridge to this server, and a client of this era that has got to know it. */
export async function begin(
  home: Home,
  url: string,
  client: "legacy" | "modern",
  offers: object = { elicitation: {}, roots: {} },
): Promise<Bridge> {
  const bridge = startBridge(home, [url, "--timeout", "10"]);
  if (client === "legacy") bridge.say(initialize("2025-11-25", offers), INITIALIZED);
  else bridge.say(ask("init", "server/discover", {}, { [CLIENT_CAPABILITIES]: offers }));
  expect((await bridge.answer("init")).error).toBeUndefined();
  return bridge;
}

/** To be called once in a file: a home and a modern server, made anew for each test. */
export function modernServerForEachTest() {
  const home = homeForEachTest();
  const server = {} as ModernServer;
  beforeEach(async () => void home.owns(await startModernServer(server)));
  return { home, server };
}
