import { chooseVerb, parseArguments, readOptions } from "./lib/command-line/arguments.ts";
import type { Surroundings } from "./lib/command-line/command.ts";
import { outputFailed, unexpected } from "./lib/command-line/errors.ts";
import { createRegistry, printHelp } from "./lib/command-line/help.ts";
import { checkPositionals } from "./lib/command-line/positionals.ts";
import { VERBS } from "./lib/command-line/verbs.ts";
import { VERSION } from "./lib/command-line/version.ts";
import { EXIT, type ExitCode, M2mcpError } from "./lib/failure.ts";
import { codeOf } from "./lib/platform/error-code.ts";
import { createOutput, type Output } from "./lib/ui/output.ts";

/** Runs the program: arguments to a verb, its failure to a message and an exit code. */
async function main(argv: readonly string[], around: Surroundings): Promise<ExitCode> {
  // Until the options are read, errors take the form that the raw arguments and the environment ask for.
  const json = argv.includes("--json");
  let output: Output = createOutput(around, { json, verbose: false, results: true });
  try {
    const registry = createRegistry(VERSION);
    const names = VERBS.map(({ name }) => name);
    const parsed = parseArguments(argv);
    if (parsed.given.has("version")) {
      output.raw(`m2mcp ${VERSION}\n`);
      return EXIT.done;
    }
    const wanted = parsed.positionals[0] === "help" ? parsed.positionals.slice(1) : parsed.positionals;
    const helping = parsed.given.has("help") || wanted !== parsed.positionals || wanted.length === 0;
    const chosen = chooseVerb(wanted, names, helping || around.stdin.isTTY === true);
    if (helping) {
      printHelp(registry, chosen.verb);
      return EXIT.done;
    }
    const spec = VERBS.find(({ name }) => name === chosen.verb);
    if (!spec) return EXIT.usage;
    const results = spec.name !== "bridge";
    output = createOutput(around, { json, verbose: false, results });
    const options = readOptions(parsed.given, around.env, spec.options, spec.name);
    output = createOutput(around, { json: options.on("json"), verbose: options.on("verbose"), results });
    checkPositionals(spec, chosen.positionals);
    const verb = await spec.load();
    const failed = await verb.run({
      verb: spec.name,
      positionals: chosen.positionals,
      options,
      output,
      around,
    });
    if (!failed) return EXIT.done;
    output.failure(failed, true);
    return failed.exitCode;
  } catch (error) {
    const known = error instanceof M2mcpError ? error : unexpected(kindOf(error));
    output.failure(known);
    return known.exitCode;
  }
}

const kindOf = (error: unknown) =>
  error instanceof Error ? `${error.name} ${codeOf(error)}`.trimEnd() : typeof error;

const broken = new Set<unknown>();

/** Ends a stream and lets what was written leave the process; a reader that has gone is no failure. */
const flushed = (stream: Surroundings["stdout"]) =>
  new Promise<void>((resolve) => {
    stream.once("error", () => resolve()).once("close", () => resolve());
    if (broken.has(stream) || stream.destroyed || stream.writableEnded) resolve();
    // Only the end tells that all has left: an empty write is done before the large one ahead of it.
    else stream.end(() => resolve());
  });

/** A fault of our own that no code foresaw: its kind only, never its words, its place or our source. */
const tell = (fault: unknown) =>
  createOutput(process, { json: false, verbose: false, results: false }).failure(unexpected(kindOf(fault)));

let unwritten = "";
process.stdout.on("error", (error: unknown) => {
  unwritten ||= codeOf(error);
  broken.add(process.stdout);
});
process.stderr.on("error", () => broken.add(process.stderr));
// What nobody awaited concerns one message at most: the bridge goes on.
process.on("unhandledRejection", tell);
process.on("uncaughtException", (fault) => {
  tell(fault);
  process.exit(EXIT.usage);
});
const exitCode = await main(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  now: Date.now,
});
await flushed(process.stdout);
// The error of a write comes a turn after its end is told.
await new Promise((resolve) => setImmediate(resolve));
// A reader that has gone is no failure; a full disk is one.
const lost = exitCode === EXIT.done && unwritten !== "" && unwritten !== "EPIPE";
if (lost) process.stderr.write(`error: ${outputFailed(unwritten).message}\n`);
// Messages are few, and nobody waits long for who does not read them.
await Promise.race([flushed(process.stderr), new Promise((resolve) => setTimeout(resolve, 1000))]);
process.exit(lost ? EXIT.usage : exitCode);
