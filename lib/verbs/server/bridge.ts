// The verbs for a server as a whole.
import type { Command } from "../../command-line/command.ts";
import { M2mcpError } from "../../failure.ts";
import type { Id } from "../../mcp/jsonrpc/id.ts";
import { toRpcError } from "../../mcp/protocol/answer.ts";
import { createGcHint } from "../../platform/runtime/gc-hint.ts";
import { compilingAfterStart } from "../../platform/runtime/jit-policy.ts";
import type { ByteInput, ByteOutput } from "../../platform/streams/byte-streams.ts";
import { startTimer } from "../../timing/timer.ts";
import { unless } from "../../timing/until.ts";
import { markTold } from "../../ui/output.ts";
import { namingVariables } from "../variables.ts";
import { type BridgeRecord, recordBridge } from "./bridge-record.ts";
import { type Ending, watchEnding } from "./ending.ts";
import { type Opened, openNamed } from "./opened.ts";

/** Longest wait for answers under way when the input has ended, in ms. */
const DRAIN_MS = 60_000;
/** How much later than its limit a server's silence is noticed where the machine is busy, in ms. */
const NOTICED_MS = 3000;

const bridging = () => import("../../hosts/bridge.ts");

/** A host that has asked nothing by then does not learn in an answer why the bridge could not be opened, in ms. */
const TELL_MS = 500;

/** `m2mcp bridge <target> [...]`: stdin and stdout belong to JSON-RPC. */
export async function run(command: Command): Promise<undefined> {
  const input = command.io.openStdin();
  const ending = await watchEnding();
  const output = command.io.openStdout();
  const record = recordBridge(command);
  let opened: Opened | undefined;
  try {
    const ready = await unless(ending.kill, Promise.all([openNamed(record), bridging()]));
    if (!ready) return;
    const { runBridge } = ready[1];
    opened = ready[0];
    const { endpoint, onListChanged } = opened;
    ending.opened();
    await runBridge({
      endpoint,
      input,
      output,
      stop: ending.stop,
      kill: ending.kill,
      // A server's silence is noticed within its own limit; only then is it our end that cuts in.
      drainMs: Math.min(endpoint.timeoutMs + NOTICED_MS, DRAIN_MS),
      onInputEnd: ending.inputEnded,
      onMessageDone: compilingAfterStart(await createGcHint()),
      observer: record.observer,
      intercept: endpoint.telemetry?.server("pipe"),
      onListChanged,
    });
  } catch (error) {
    const told = error instanceof M2mcpError ? namingVariables(command, error) : error;
    if (told instanceof M2mcpError && !opened) await refuse(record, { input, output }, ending, told);
    throw told;
  } finally {
    await opened?.settled();
    await opened?.endpoint.end();
    await record.end();
    ending.end();
  }
}

/** A host shows what is answered, seldom what stands on stderr: so it gets the reason as an answer. */
async function refuse(
  { observer, failed }: BridgeRecord,
  { input, output }: { input: ByteInput; output: ByteOutput },
  { stop }: Ending,
  reason: M2mcpError,
): Promise<void> {
  const error = toRpcError(reason);
  let isTold = false;
  const tell = (method: string | null, id: Id | null) => {
    observer.failed(error, method, id);
    markTold(reason);
    isTold = true;
  };
  if (input.isTTY !== true) {
    const early = startTimer(TELL_MS, () => tell(null, null));
    const { refuseAll } = await import("../../hosts/refusing-bridge.ts");
    await refuseAll(input, output, stop, reason, (method, id) => {
      early.stop();
      observer.asked(method);
      tell(method, id);
      observer.answered(method, error);
    });
    early.stop();
  }
  // Then the failure of the command is all that is told, as of any other.
  if (!isTold) failed(error);
}
