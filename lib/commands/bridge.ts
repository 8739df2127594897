import { runBridge } from "../mcp/bridge.ts";
import { createMemoryRelief } from "../platform/memory.ts";
import type { Call } from "./call.ts";
import { BRIDGE, findTarget, type OpenEndpoint, openEndpoint } from "./target.ts";

/** Longest wait for answers under way when the host has gone, in ms. */
const DRAIN_MS = 60_000;

/** `m2mcp bridge <target>`: stdin and stdout belong to JSON-RPC. A first signal ends it as stdin's end does. */
export async function run(call: Call): Promise<undefined> {
  const stop = new AbortController();
  const kill = new AbortController();
  const onSignal = () => (stop.signal.aborted ? kill : stop).abort();
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
  let endpoint: OpenEndpoint | undefined;
  try {
    endpoint = await openEndpoint(call, await findTarget(call, call.positionals[0] ?? ""), BRIDGE);
    await runBridge({
      endpoint,
      input: call.around.stdin,
      output: call.around.stdout,
      stop: stop.signal,
      kill: kill.signal,
      relieve: await createMemoryRelief(),
      // A server's silence is noticed within its own limit; only then is it our end that cuts in.
      drainMs: Math.min(endpoint.timeoutMs + 1000, DRAIN_MS),
    });
  } finally {
    await endpoint?.end();
    process.off("SIGTERM", onSignal).off("SIGINT", onSignal);
  }
}
