// Failures of `run`.
import { M2mcpError, wrongUsage } from "../../failure.ts";

export const badCallLine = (number: number, why: string) =>
  wrongUsage(
    `call ${number} cannot be read: ${why}`,
    'write one JSON object a line, like {"tool": "add", "arguments": {"a": 1}}; also "prompt", "resource" or "method" with "params"',
  );

export const badParallel = (text: string) =>
  wrongUsage(`--parallel ${text} is no number from 1 to 64`, "write it like --parallel 8");

/** @param first the failure that came first, of so many of so many */
export const callsFailed = (first: M2mcpError, failed: number, all: number) =>
  new M2mcpError(
    first.code,
    first.exitCode,
    `${failed} of ${all} calls failed; the first: ${first.message}`,
    first.hint,
    true,
  );

/** Why the calls that were still under way ended: nobody sees it. */
export const notWanted = () => wrongUsage("given up: its answer is not wanted any more");
