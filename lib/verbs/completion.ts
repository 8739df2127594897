import { Readable } from "node:stream";
import type { Command } from "../command-line/command.ts";
import type { Known } from "../command-line/completion/candidate.ts";
import { completionOf } from "../command-line/completion/candidates.ts";
import { readQuestion, writeReply } from "../command-line/completion/reply.ts";
import { SCRIPTS } from "../command-line/completion/scripts.ts";
import { isShell, SHELLS, type Shell } from "../command-line/completion/shells.ts";
import { suggest } from "../command-line/suggest.ts";
import { wrongUsage } from "../failure.ts";
import { readStdin } from "./read-stdin.ts";
import { storeOf } from "./target/store.ts";

/** Longest line that is completed, in bytes. */
const LONGEST_LINE = 1024 * 1024;
/** What asks for candidates, behind a shell's name. */
const REPLY = "-reply";
/** Names that come later than this are not worth the wait, in ms. */
const LIMIT_MS = 300;

/**
 * `m2mcp completion SHELL`: the script that a shell reads once. The script asks by `completion SHELL-reply`, with the
 * line on stdin; nothing then goes over the network, asks anything or says what went wrong.
 */
export async function run(command: Command): Promise<undefined> {
  const [text = ""] = command.positionals;
  if (text.endsWith(REPLY)) return reply(command, shellOf(text.slice(0, -REPLY.length)));
  command.output.raw(SCRIPTS[shellOf(text)]);
}

function shellOf(text: string): Shell {
  // As SHELL has it, and as people call it.
  const name = text.slice(text.lastIndexOf("/") + 1).replace(/^(pwsh|ps)$/, "powershell");
  if (isShell(name)) return name;
  const near = suggest(name, SHELLS);
  throw wrongUsage(
    `no completion for the shell ${text}`,
    near ? `did you mean ${near}` : `there is one for ${SHELLS.join(", ")}`,
  );
}

async function reply(command: Command, shell: Shell): Promise<undefined> {
  const question = readQuestion(shell, await readStdin(command, LONGEST_LINE, "a line"));
  const { words, last } = question;
  const found = await completionOf(words, last.value, knownTo(silent(command)));
  command.output.raw(writeReply(shell, found, question));
}

/** The same command with nobody to ask and nobody to tell. */
function silent({ io, output, ...command }: Command): Command {
  const nothing = () => {};
  return {
    ...command,
    io: Object.create(io, { stdin: { value: Readable.from([]) } }),
    output: { ...output, note: nothing, warn: nothing, hint: nothing, step: nothing },
  };
}

const knownTo = (command: Command): Known => ({
  profiles: () => inTime([], () => storeOf(command).profileNames()),
  catalogue: (target) =>
    inTime({ tools: [], prompts: [] }, async () => {
      const { cachedCatalogue } = await import("./catalogue/cached.ts");
      return cachedCatalogue(command, target);
    }),
});

/** What work comes to; `otherwise` where it fails or takes too long, as a keyring may that waits for its owner. */
async function inTime<T>(otherwise: T, work: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), LIMIT_MS);
  });
  try {
    return await Promise.race([work(), late]);
  } catch {
    return otherwise;
  } finally {
    clearTimeout(timer);
  }
}
