import type { Command } from "../../command-line/command.ts";
import { M2mcpError } from "../../failure.ts";
import { runBridge } from "../../hosts/bridge.ts";
import { refuseAll } from "../../hosts/refusing-bridge.ts";
import { createGcHint } from "../../platform/gc-hint.ts";
import { BRIDGE, type OpenEndpoint, openEndpoint } from "../target/open-endpoint.ts";
import { resolveTarget } from "../target/target.ts";

/** Longest wait for answers under way when the host has gone, in ms. */
const DRAIN_MS = 60_000;

/** `m2mcp bridge <target>`: stdin and stdout belong to JSON-RPC. A first signal ends it as stdin's end does. */
export async function run(command: Command): Promise<undefined> {
  const stop = new AbortController();
  const kill = new AbortController();
  const onSignal = () => (stop.signal.aborted ? kill : stop).abort();
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
  const { stdin: input } = command.io;
  const output = command.io.openStdout();
  let endpoint: OpenEndpoint | undefined;
  try {
    endpoint = await openEndpoint(
      command,
      await resolveTarget(command, command.positionals[0] ?? ""),
      BRIDGE,
    );
    await runBridge({
      endpoint,
      input,
      output,
      stop: stop.signal,
      kill: kill.signal,
      // A server's silence is noticed within its own limit; only then is it our end that cuts in.
      drainMs: Math.min(endpoint.timeoutMs + 1000, DRAIN_MS),
      onMessageDone: await createGcHint(),
    });
  } catch (error) {
    // A host shows what is answered, seldom what stands on stderr.
    if (error instanceof M2mcpError && !endpoint && input.isTTY !== true) {
      command.output.failure(error);
      await refuseAll(input, output, stop.signal, error);
    }
    throw error;
  } finally {
    await endpoint?.end();
    process.off("SIGTERM", onSignal).off("SIGINT", onSignal);
  }
}
