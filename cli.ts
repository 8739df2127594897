import { chooseVerb } from "./lib/command-line/arguments/choose-verb.ts";
import type { Arguments } from "./lib/command-line/arguments/parse.ts";
import { plainArguments } from "./lib/command-line/arguments/plain.ts";
import { checkPositionals } from "./lib/command-line/arguments/positionals.ts";
import { redactArguments } from "./lib/command-line/arguments/redact-arguments.ts";
import type { Command } from "./lib/command-line/command.ts";
import { notBuilt, unexpected } from "./lib/command-line/errors.ts";
import { jsonFilter, outputMode, readOptions } from "./lib/command-line/option-values.ts";
import { HELP_TOPICS } from "./lib/command-line/topic-names.ts";
import { VERB_NAMES, verbNamed } from "./lib/command-line/verb-named.ts";
import { VERSION } from "./lib/command-line/version.ts";
import { EXIT, type ExitCode, M2mcpError } from "./lib/failure.ts";
import { codeOf } from "./lib/platform/error-code.ts";
import { outputFailed } from "./lib/platform/errors.ts";
import { ownArguments } from "./lib/platform/hidden-arguments.ts";
import { standardStreams } from "./lib/platform/streams/standard-streams.ts";
import type { IO } from "./lib/ui/io.ts";
import { createOutput, type Output, wasTold } from "./lib/ui/output.ts";
import { colourChoice, createScreens, rawColourChoice } from "./lib/ui/screen/screen.ts";

/** Runs the program: arguments to a verb, its failure to a message and an exit code. */
async function main(argv: readonly string[], io: IO): Promise<ExitCode> {
  // Until the options are read, errors take the form that the raw arguments and the environment ask for.
  const json = argv.includes("--json") && !argv.some((word) => /^--jq(=|$)/.test(word));
  let screens = createScreens(streams, io.env, rawColourChoice(argv, io.env));
  let output: Output = createOutput(io, { json, verbose: false, results: true }, screens);
  let given: Arguments["given"] | undefined;
  try {
    const parsed =
      plainArguments(argv) ?? (await import("./lib/command-line/arguments/parse.ts")).parseArguments(argv);
    given = parsed.given;
    if (parsed.given.has("version")) {
      if (!json) output.raw(`m2mcp ${VERSION}\n`);
      else
        output.data({
          version: VERSION,
          ...(await import("./lib/platform/programs/build-info.ts")).buildInfo(),
        });
      return EXIT.done;
    }
    if (parsed.given.has("licenses")) {
      const { notices } = await import("./lib/command-line/licenses.ts");
      output.raw(await notices().catch(noNotices));
      return EXIT.done;
    }
    const wanted = parsed.positionals[0] === "help" ? helped(parsed.positionals) : parsed.positionals;
    const helping = parsed.given.has("help") || wanted !== parsed.positionals || wanted.length === 0;
    const names = wanted === parsed.positionals ? VERB_NAMES : [...VERB_NAMES, ...HELP_TOPICS];
    const chosen = await chosenVerb(wanted, names, () => helping || streams.stdinIsTerminal, io);
    if (helping) {
      const { helpText } = await import("./lib/command-line/help.ts");
      output.raw(await helpText(chosen.verb, screens.out.columns));
      return EXIT.done;
    }
    const spec = await verbNamed(chosen.verb);
    if (!spec) return EXIT.usage;
    const results = spec.name !== "bridge";
    output = createOutput(io, { json, verbose: false, results }, screens);
    const options = readOptions(parsed.given, io.env, spec.options, spec.name);
    screens = createScreens(streams, io.env, colourChoice(options.value("color")));
    const filter = await jsonFilter(options);
    output = createOutput(io, { ...outputMode(options, results), ...(filter ? { filter } : {}) }, screens);
    checkPositionals(spec, chosen.positionals);
    const verb = await spec.load();
    const command: Command = { verb: spec.name, positionals: chosen.positionals, options, output, io };
    const failed = (await verb.run(command)) ?? command.left;
    if (!failed) return EXIT.done;
    output.failure(failed, true);
    return failed.exitCode;
  } catch (error) {
    const known = error instanceof M2mcpError ? error : unexpected(kindOf(error));
    output.failure(await inWordsOfGiver(known, given, io));
    return known.exitCode;
  }
}

/** What `help` is asked for; help of help is the overview. */
const helped = (words: readonly string[]) => words.filter((word, at) => at > 0 && word !== "help");

async function chosenVerb(...[words, verbs, atTerminal, io]: [...Parameters<typeof chooseVerb>, IO]) {
  try {
    return chooseVerb(words, verbs, atTerminal);
  } catch (error) {
    throw await (await import("./lib/verbs/target/forgotten-at.ts")).forgottenAt(error, words, io);
  }
}

/** Of a wrong use; loaded where there is one. */
async function inWordsOfGiver(error: M2mcpError, given: Arguments["given"] | undefined, { env }: IO) {
  if (error.exitCode !== EXIT.usage || wasTold(error)) return error;
  const [{ asGiven }, { variableOf }] = await Promise.all([
    import("./lib/verbs/variables.ts"),
    import("./lib/command-line/options.ts"),
  ]);
  return asGiven(error, (name) => !given?.has(name) && (env[variableOf(name) ?? ""] ?? "").trim() !== "");
}

const noNotices = () => {
  throw notBuilt();
};

const kindOf = (error: unknown) =>
  error instanceof Error ? `${error.name} ${codeOf(error)}`.trimEnd() : typeof error;

/** Above it, an exit code names the signal that ended the command. */
const SIGNALLED = 128;
/** How long a signal takes at most, in ms. */
const SIGNAL_MS = 100;

const streams = standardStreams();

/** A fault of our own that no code foresaw: its kind only, never its words, its place or our source. */
const tell = (fault: unknown) =>
  createOutput(
    streams,
    { json: false, verbose: false, results: false },
    createScreens(streams, process.env, "never"),
  ).failure(unexpected(kindOf(fault)));

// What nobody awaited concerns one message at most: the bridge goes on.
process.on("unhandledRejection", tell);
process.on("uncaughtException", (fault) => {
  tell(fault);
  process.exit(EXIT.usage);
});
const exitCode = await main(ownArguments(redactArguments), {
  env: process.env,
  get cwd() {
    return process.cwd();
  },
  get stdin() {
    return streams.stdin;
  },
  get stdinIsTerminal() {
    return streams.stdinIsTerminal;
  },
  openStdin: streams.openStdin,
  stdout: streams.stdout,
  openStdout: streams.openStdout,
  stderr: streams.stderr,
  now: Date.now,
});
const unwritten = await streams.endOutput();
// A reader that has gone is no failure; a full disk is one.
const lost = exitCode === EXIT.done && unwritten !== "" && unwritten !== "EPIPE";
if (lost) streams.stderr.write(`error: ${outputFailed(unwritten).message}\n`);
await streams.endErrors();
// Who started us shall see that a signal has ended us: a shell's loop goes on otherwise.
if (exitCode > SIGNALLED && process.platform !== "win32") {
  process.kill(process.pid, exitCode - SIGNALLED);
  await new Promise((resolve) => setTimeout(resolve, SIGNAL_MS));
}
process.exit(lost ? EXIT.usage : exitCode);
