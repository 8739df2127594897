// HTTP requests that a first start and a warm start make, counted at real servers of the official SDKs.
import { createHome, type Home } from "../support/home.ts";
import { startFullModernServer } from "../support/mcp/full-modern-server.ts";
import { logIn, startWorld } from "../support/world.ts";
import { INITIALIZE } from "./caller.ts";

export interface RequestCount {
  what: string;
  /** Requests to the MCP server, and of those to the authorization server the token requests. */
  first: string;
  warm: string;
}

const bridgeInput = `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: INITIALIZE })}\n`;

/** Runs the same command twice and tells what each run cost. */
async function twice(
  what: string,
  home: Home,
  args: string[],
  input: string,
  counts: () => { server: number; tokens: number },
): Promise<RequestCount> {
  const told: string[] = [];
  for (let run = 0; run < 2; run++) {
    const before = counts();
    const { code, stderr } = await home.run(args, { input });
    if (code !== 0) throw new Error(`${args.join(" ")}: ${stderr}`);
    const after = counts();
    told.push(`${after.server - before.server} + ${after.tokens - before.tokens}`);
  }
  return { what, first: told[0] ?? "", warm: told[1] ?? "" };
}

export async function countRequests(): Promise<RequestCount[]> {
  const world = await startWorld();
  const modern = await startFullModernServer();
  const legacyCounts = () => ({ server: world.mcp.requests.length, tokens: world.as.tokenRequests.length });
  const modernCounts = () => ({ server: modern.seen.requests.length, tokens: 0 });
  const counted: RequestCount[] = [];
  for (const [what, args, input] of [
    ["one-off `tools-call`", ["tools-call", "TARGET", "echo", "text=hi"], ""],
    ["`bridge`, one `initialize` and its end", ["bridge", "TARGET"], bridgeInput],
  ] as const) {
    const home = createHome();
    await logIn(world, home);
    const at = (target: string) => args.map((arg) => (arg === "TARGET" ? target : arg));
    counted.push(await twice(`${what}, 2025-11-25, after login`, home, at("@svc"), input, legacyCounts));
    counted.push(await twice(`${what}, 2026-07-28`, home, at(modern.url), input, modernCounts));
    home.remove();
  }
  await modern.stop();
  await world.end();
  return counted;
}
