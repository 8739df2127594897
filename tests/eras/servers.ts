// A server of each kind for all tests of a file, and for each test a front before them, home and callers.
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "bun:test";
import { type Home, homeForEachTest } from "../support/home.ts";
import { type Front, startFront } from "../support/mcp/front.ts";
import { startFullLegacyServer } from "../support/mcp/full-legacy-server.ts";
import { startFullModernServer } from "../support/mcp/full-modern-server.ts";
import { answerTo, beginnings, piped, textOf } from "../support/messages.ts";

/** `dual` is of both eras. */
const startServers = async () => ({
  legacy: await startFullLegacyServer("http"),
  modern: await startFullModernServer(),
  sse: await startFullLegacyServer("sse"),
  dual: await startFullModernServer("stateless"),
});
export type Servers = Awaited<ReturnType<typeof startServers>>;

export const KINDS = ["legacy", "modern", "sse"] as const;
export type Kind = (typeof KINDS)[number];

/** To be called once in a file. What it returns is filled before the tests. */
export function serversBehindFront() {
  const home = homeForEachTest();
  const servers = {} as Servers;
  const front = {} as Front;
  beforeAll(async () => void Object.assign(servers, await startServers()));
  afterAll(async () => {
    for (const server of Object.values(servers)) await server.stop();
  });
  beforeEach(async () => void Object.assign(front, await startFront(servers.legacy.url)));
  afterEach(() => front.stop());
  return { home, servers, front };
}

/** The requests that `work` makes at the front, as a sorted list: some go side by side. */
export async function requestsOf(front: Front, work: () => Promise<unknown>): Promise<string[]> {
  const from = front.requests.length;
  await work();
  return front.requests.slice(from).sort();
}

/** A call of the tool echo, by a command and by clients of both eras over the bridge: each must be answered. */
export function callersOf(home: Home, front: Front) {
  const oneOff = async () => {
    const { code, stdout, stderr } = await home.run([
      front.url,
      "tools-call",
      "echo",
      "text=hi",
      "--timeout",
      "10",
    ]);
    expect({ code, stdout, stderr: code === 0 ? "" : stderr }).toEqual({
      code: 0,
      stdout: "hi\n",
      stderr: "",
    });
  };
  const bridge = (client: "legacy" | "modern") => async () => {
    const heard = await piped(home, [front.url, "--timeout", "10"], beginnings[client]);
    expect(answerTo(heard, "init").error).toBeUndefined();
    expect(textOf(answerTo(heard, "call"))).toBe("hi");
  };
  return { "one-off": oneOff, "legacy client": bridge("legacy"), "modern client": bridge("modern") };
}
export const CALLERS = ["one-off", "legacy client", "modern client"] as const;

export const SSE_SESSION = ["GET", "POST initialize", "POST notifications/initialized", "POST tools/call"];
/** What a known server costs: nothing but what the protocol asks for. */
export const WARM: Record<(typeof CALLERS)[number], Record<Kind, string[]>> = {
  "one-off": { legacy: ["POST tools/call"], modern: ["POST tools/call"], sse: SSE_SESSION },
  "legacy client": {
    legacy: ["DELETE", ...SSE_SESSION],
    modern: ["POST server/discover", "POST subscriptions/listen", "POST tools/call"],
    sse: SSE_SESSION,
  },
  "modern client": {
    legacy: ["DELETE", ...SSE_SESSION],
    modern: ["POST server/discover", "POST tools/call"],
    sse: SSE_SESSION,
  },
};
