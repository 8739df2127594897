// Three processes of `serve` behind nginx, one after the other ended or killed and started again, under the official
// clients of both eras: no call is lost, none is answered twice. `bun run soak` does it at length.
import { expect, test } from "bun:test";
import { createHome, type Home } from "../support/home.ts";
import { type CountingServer, startCountingServer } from "../support/mcp/counting-server.ts";
import { complete, startModernServer } from "../support/mcp/scripted-modern.ts";
import { freePort } from "../support/net/listen.ts";
import { hasNginx, startNginx } from "../support/net/nginx.ts";
import { type AnyClient, connectLegacy, connectModern } from "../support/sdk-clients.ts";
import { type Served, startServe } from "../support/serve.ts";
import { sleep } from "../support/waiting.ts";

const CALLS = Number(process.env.M2MCP_SERVE_CALLS ?? 500);
const IN_FLIGHT = 8;
/** How long a call takes at the server, in ms. */
const CALL_MS = 40;
/** At length each second, here more often. */
const BETWEEN_MS = CALLS > 1000 ? 1000 : 400;
/** A process that is killed has this long to come back, in ms. */
const LIMIT_MS = 60_000 + CALLS * 40;

type Counted = Pick<CountingServer, "url" | "once" | "stop">;

async function startModern(): Promise<Counted> {
  const once = new Map<number, number>();
  const server = await startModernServer();
  server.methods = {
    "server/discover": (asked) =>
      complete(asked, { supportedVersions: ["2026-07-28"], capabilities: { tools: {} } }),
    async "tools/call"(asked) {
      const { n } = asked.params.arguments;
      await sleep(CALL_MS);
      // The end of its stream cancels a request (MCP 2026-07-28 "Cancellation"): what a killed process was at is given up.
      if (asked.response.destroyed) return;
      once.set(n, (once.get(n) ?? 0) + 1);
      complete(asked, { content: [{ type: "text", text: `said ${n}` }] });
    },
  };
  return { url: server.url, once, stop: () => server.stop() };
}

const ERAS = {
  legacy: { server: () => startCountingServer(CALL_MS), connect: connectLegacy },
  modern: { server: startModern, connect: connectModern },
};

/** Ends one after the other, and starts it again, until told to stop. */
async function disturb(
  home: Home,
  args: (port: number) => string[],
  ports: number[],
  replicas: Served[],
  how: "stop" | "kill",
  over: AbortSignal,
): Promise<number> {
  const env = { M2MCP_PASSPHRASE: "one for all" };
  let ends = 0;
  for (let at = 0; !over.aborted; at = (at + 1) % ports.length) {
    await sleep(BETWEEN_MS);
    if (over.aborted) break;
    await replicas[at]?.[how]();
    ends++;
    replicas[at] = await startServe(home, args(ports[at] ?? 0), { env });
  }
  return ends;
}

/** Calls, so many at once; resolves with what was not right. */
async function calls(it: AnyClient): Promise<unknown[]> {
  const wrong: unknown[] = [];
  let next = 0;
  const worker = async () => {
    while (next < CALLS) {
      const n = next++;
      const result = await it.call("once", { n }).catch((error: unknown) => String(error));
      const said = (result as { content?: { text: string }[] }).content?.[0]?.text;
      if (said !== `said ${n}`) wrong.push({ n, result });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return wrong;
}

for (const era of ["legacy", "modern"] as const)
  for (const how of ["stop", "kill"] as const)
    test.skipIf(!hasNginx)(
      `replicas behind nginx, ${how === "stop" ? "ended" : "killed"} in turn: a ${era} client notices nothing`,
      async () => {
        const home = createHome();
        const server = await ERAS[era].server();
        const ports = await Promise.all([freePort(), freePort(), freePort()]);
        const args = (port: number) => [server.url, "--listen", `127.0.0.1:${port}`];
        const env = { M2MCP_PASSPHRASE: "one for all" };
        const replicas = await Promise.all(ports.map((port) => startServe(home, args(port), { env })));
        const nginx = await startNginx(ports);
        const over = new AbortController();
        try {
          const it = await ERAS[era].connect({ url: server.url, env: home.env, served: nginx.url });
          const disturbing = disturb(home, args, ports, replicas, how, over.signal);
          const wrong = await calls(it);
          over.abort();
          const ends = await disturbing;
          const repeated = [...server.once].filter(([, times]) => times > 1).length;
          console.log(`${era}, ${how}: ${CALLS} calls, ${ends} ends, ${repeated} carried out more than once`);
          expect(wrong).toEqual([]);
          expect(server.once.size).toBe(CALLS);
          expect(ends).toBeGreaterThan(1);
          // One that is asked to end answers what it has; what a killed one was at cannot be told.
          if (how === "stop") expect(repeated).toBe(0);
          await it.close();
        } finally {
          over.abort();
          await nginx.stop();
          home.remove();
          await server.stop();
        }
      },
      LIMIT_MS,
    );
