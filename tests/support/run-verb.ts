// Runs one verb in this process: arguments to options to what it writes, with nothing of the process around it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { chooseVerb } from "../../lib/command-line/arguments/choose-verb.ts";
import { parseArguments } from "../../lib/command-line/arguments/parse.ts";
import { checkPositionals } from "../../lib/command-line/arguments/positionals.ts";
import type { Command } from "../../lib/command-line/command.ts";
import { outputMode, readOptions } from "../../lib/command-line/option-values.ts";
import { VERBS } from "../../lib/command-line/verbs.ts";
import { M2mcpError } from "../../lib/failure.ts";
import { streamOutput } from "../../lib/platform/streams/stream-output.ts";
import { createOutput } from "../../lib/ui/output.ts";
import { colourChoice, createScreens } from "../../lib/ui/screen/screen.ts";

export interface VerbOutcome {
  out: string;
  err: string;
  /** What it threw, or what remained after its result. */
  failed?: M2mcpError;
}

export interface VerbHome {
  folder: string;
  /** How far the clock of its commands is ahead, in ms. */
  aheadMs: number;
  /** Runs a command line; variables of the environment by name. @param stdin what is typed or piped in */
  run(argv: string[], env?: Record<string, string>, stdin?: string | Uint8Array): Promise<VerbOutcome>;
  /** The command of a command line, not run. */
  command(argv: string[], stdin?: string | Uint8Array): Command;
  remove(): void;
}

/** A store of its own, its key in a file. */
export function createVerbHome(): VerbHome {
  const folder = mkdtempSync(join(tmpdir(), "m2mcp-verb-"));
  function prepare(argv: string[], more: Record<string, string>, stdin?: string | Uint8Array) {
    const env = { M2MCP_HOME: join(folder, "store"), M2MCP_STORE: "file", ...more };
    const [out, err] = [sink(), sink()];
    const parsed = parseArguments(argv);
    const names = VERBS.map(({ name }) => name);
    const { verb: name, positionals } = chooseVerb(parsed.positionals, names, () => false);
    const spec = VERBS.find((verb) => verb.name === name);
    if (!spec) throw new Error(`no verb in ${argv.join(" ")}`);
    const options = readOptions(parsed.given, env, spec.options, spec.name);
    checkPositionals(spec, positionals);
    const input = Readable.from(stdin === undefined ? [] : [Buffer.from(stdin)]);
    const io = {
      env,
      cwd: folder,
      stdin: input,
      openStdin: () => input,
      stdout: out.stream,
      stderr: err.stream,
      openStdout: () => streamOutput(out.stream),
      now: () => Date.now() + home.aheadMs,
    };
    const screens = createScreens({ stdout: {}, stderr: {} }, env, colourChoice(options.value("color")));
    const output = createOutput(io, outputMode(options, true), screens);
    return { spec, out, err, command: { verb: spec.name, positionals, options, output, io } };
  }
  const home: VerbHome = {
    folder,
    aheadMs: 0,
    command: (argv, stdin) => prepare(argv, {}, stdin).command,
    async run(argv, more = {}, stdin) {
      const { spec, out, err, command } = prepare(argv, more, stdin);
      const verb = await spec.load();
      const failed = await verb.run(command).catch((error) => {
        if (error instanceof M2mcpError) return error;
        throw error;
      });
      return { out: out.text(), err: err.text(), ...(failed ? { failed } : {}) };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  return home;
}

/** A stream that keeps what is written to it. */
export function sink() {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  return { stream, text: () => text };
}
