import { EXIT, M2mcpError, wrongUsage } from "../failure.ts";
import { EMBEDDED } from "../platform/runtime/embedded.ts";

/** What an expression makes of JSON: lines, and the failure that ended it. */
export type JsonFilter = (json: string) => { text: string; failure?: M2mcpError };

/** jq itself says so where an expression is none. */
const NOT_COMPILED = 3;
/** Strings as they are, all else on one line. */
const FLAGS = ["-r", "-c"];

/**
 * Reads a jq expression (jq 1.8, as WebAssembly within the program), before anything is asked of a server.
 *
 * @throws M2mcpError (exit 1) where it is none
 */
export async function jqFilter(expression: string): Promise<JsonFilter> {
  const { loadJq } = await import("jq-wasm");
  const jq = await loadJq(EMBEDDED.jq === undefined ? {} : { wasmBinary: await embedded(EMBEDDED.jq) });
  // Compiled, and not run: an end of its own closes a comment at its end.
  if (jq.raw(null, `empty | (${expression}\n)`).exitCode === NOT_COMPILED)
    throw wrongUsage(
      `--jq: ${reasonIn(jq.raw(null, expression).stderr)}`,
      "put the expression in single quotes",
    );
  return (json) => {
    const { stdout, stderr, exitCode } = jq.raw(json, expression, FLAGS);
    const text = stdout === "" || stdout.endsWith("\n") ? stdout : `${stdout}\n`;
    return exitCode === 0 ? { text } : { text, failure: notFiltered(reasonIn(stderr)) };
  };
}

const embedded = async (path: string) => (await import("../platform/runtime/unpacked.ts")).unpacked(path);

const notFiltered = (reason: string) =>
  new M2mcpError("jq", EXIT.usage, `--jq: ${reason}`, "--json shows what the expression is given");

/** What jq says, without its own name and place. */
const reasonIn = (stderr: string): string =>
  stderr
    .split("\n", 1)[0]
    ?.replace(/^jq: error(?: \(at [^)]*\))?:? */, "")
    .replace(/ at <top-level>, line \d+, column \d+:$/, "") || "it failed";
