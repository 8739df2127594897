import type { Command } from "../../command-line/command.ts";
import { M2mcpError } from "../../failure.ts";
import { runBridge } from "../../hosts/bridge.ts";
import { refuseAll } from "../../hosts/refusing-bridge.ts";
import { createGcHint } from "../../platform/gc-hint.ts";
import { BRIDGE, type OpenEndpoint, openEndpoint } from "../target/open-endpoint.ts";
import { resolveTarget } from "../target/target.ts";
import { namingVariables } from "../variables.ts";
import { watchEnding } from "./ending.ts";

/** Longest wait for answers under way when the input has ended, in ms. */
const DRAIN_MS = 60_000;
/** Reasons told on stderr, each once; a server that always words its refusals anew must not fill memory. */
const MAX_REASONS = 200;

const open = async (command: Command): Promise<OpenEndpoint> =>
  openEndpoint(command, await resolveTarget(command, command.positionals[0] ?? ""), BRIDGE);

/** What work comes to; undefined where it was given up before. */
const unless = <T>(over: AbortSignal, work: Promise<T>): Promise<T | undefined> =>
  Promise.race([
    work,
    new Promise<undefined>((resolve) => over.addEventListener("abort", () => resolve(undefined))),
  ]);

/** `m2mcp bridge <target>`: stdin and stdout belong to JSON-RPC. */
export async function run(command: Command): Promise<undefined> {
  const input = command.io.openStdin();
  const ending = watchEnding();
  const output = command.io.openStdout();
  let endpoint: OpenEndpoint | undefined;
  try {
    endpoint = await unless(ending.kill, open(command));
    if (!endpoint) return;
    ending.opened();
    const reasons = new Set<string>();
    await runBridge({
      endpoint,
      input,
      output,
      stop: ending.stop,
      kill: ending.kill,
      // A server's silence is noticed within its own limit; only then is it our end that cuts in.
      drainMs: Math.min(endpoint.timeoutMs + 1000, DRAIN_MS),
      onInputEnd: ending.inputEnded,
      onMessageDone: await createGcHint(),
      // Hosts show what is answered, and log what stands on stderr.
      onFailure({ message }, method) {
        if (reasons.has(message) || reasons.size >= MAX_REASONS) return;
        reasons.add(message);
        command.output.note(`${method} failed: ${message}`);
      },
    });
  } catch (error) {
    const told = error instanceof M2mcpError ? namingVariables(command, error) : error;
    // A host shows what is answered, seldom what stands on stderr.
    if (told instanceof M2mcpError && !endpoint && input.isTTY !== true) {
      command.output.failure(told);
      await refuseAll(input, output, ending.stop, told);
    }
    throw told;
  } finally {
    await endpoint?.end();
    ending.end();
  }
}
