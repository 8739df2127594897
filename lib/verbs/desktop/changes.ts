// Shows what shall be changed in hosts' files, asks, and writes: for install and uninstall alike.
import type { Command } from "../../command-line/command.ts";
import { diffOf } from "../../desktop/diff.ts";
import { type Change, type HostFile, readHostFile } from "../../desktop/host-file.ts";
import type { Place } from "../../desktop/place.ts";
import type { System } from "../../desktop/system.ts";
import { writeChange } from "../../desktop/write-change.ts";
import { M2mcpError, wrongUsage } from "../../failure.ts";
import { runningPrograms } from "../../platform/programs/running.ts";
import { askerAt } from "../../ui/ask.ts";
import { isAskable } from "../../ui/io.ts";
import { someHostsFailed } from "../errors.ts";
import { onlyPlace } from "./places.ts";

/** One change of one file. */
export interface Step {
  place: Place;
  /** Of the entry. */
  name: string;
  /** Its values, which a diff may show. */
  own: readonly string[];
  make(file: HostFile): Change | Promise<Change>;
}

/** What became of a step, for programs. */
interface Result {
  host: string;
  title: string;
  scope: string;
  file: string;
  name: string;
  status: Change["kind"] | "would-be-added" | "would-be-updated" | "would-be-removed" | "declined" | "failed";
  backup: string | null;
  diff?: string;
  error?: { code: string; message: string; hint?: string };
}

interface Mode {
  /** Nothing is written. */
  isDry: boolean;
  /** Nothing is asked. */
  isSure: boolean;
}

/** @throws M2mcpError (exit 1) where it would have to ask and nobody is there to answer */
export function modeOf({ options, io, output }: Command): Mode {
  const isDry = options.on("dry-run");
  const isSure = options.on("yes");
  if (!isDry && !isSure && (output.json || !isAskable(io)))
    throw wrongUsage(
      "this changes files of other programs, and there is no terminal to ask at",
      "--yes goes ahead without asking, --dry-run shows what would change",
    );
  return { isDry, isSure };
}

/**
 * Does each step on its own: what goes wrong with one host is told, and the others go on.
 *
 * @returns the failure that is left: that of the only step, else one for all that failed
 */
export async function carryOut(
  command: Command,
  system: System,
  steps: readonly Step[],
  about: Record<string, unknown>,
): Promise<M2mcpError | undefined> {
  const mode = modeOf(command);
  const asker = mode.isDry || mode.isSure ? undefined : askerAt(command.io);
  const consent = createConsent(async (question) => (await asker?.line(question)) ?? null);
  const results: Result[] = [];
  const failures: M2mcpError[] = [];
  for (const step of steps) {
    const [result, failure] = await carriedOut(command, system, step, mode, consent);
    results.push(result);
    if (!failure) continue;
    failures.push(failure);
    const { message, hint } = failure;
    if (steps.length > 1) command.output.warn(hint === undefined ? message : `${message} (${hint})`);
  }
  command.output.data({ ...about, dryRun: mode.isDry, hosts: results });
  if (!mode.isDry) await sayWhatIsLeft(command, steps, results);
  const [failure, more] = failures;
  if (!failure) return undefined;
  return steps.length === 1 && !more ? failure : someHostsFailed(failures.length);
}

async function carriedOut(
  command: Command,
  system: System,
  step: Step,
  mode: Mode,
  consent: Consent,
): Promise<[Result, M2mcpError?]> {
  const { host, scope, file } = step.place;
  const about = { host: host.id, title: host.title, scope, file, name: step.name };
  try {
    return [{ ...about, ...(await changed(command, system, step, mode, consent)) }];
  } catch (error) {
    if (!(error instanceof M2mcpError)) throw error;
    const { code, message, hint } = error;
    const told = { code, message, ...(hint === undefined ? {} : { hint }) };
    return [{ ...about, status: "failed", backup: null, error: told }, error];
  }
}

async function changed(
  command: Command,
  system: System,
  step: Step,
  { isDry, isSure }: Mode,
  consent: Consent,
): Promise<Pick<Result, "status" | "backup" | "diff">> {
  const { output, io } = command;
  const place = onlyPlace(step.place);
  const change = await step.make(await readHostFile(place, system));
  if (change.before === change.after) {
    output.print(`${place.host.title}: ${inWords(change.kind, step)}, ${place.file} stays as it is`);
    return { status: change.kind, backup: null };
  }
  const diff = await diffOf(place.file, change.before, change.after, step.own);
  output.print(`${place.host.title}\n${diff}`);
  if (isDry) return { status: `would-be-${change.kind}` as Result["status"], backup: null, diff };
  if (!isSure && !(await consent(`write ${place.file}?`))) {
    output.print(`${place.host.title}: left as it is`);
    return { status: "declined", backup: null, diff };
  }
  const written = await writeChange(place, system, io.now(), step.make);
  const kept = written.backup === null ? "" : `; as it was before: ${written.backup}`;
  output.print(`${place.host.title}: ${inWords(written.change.kind, step)}${kept}`);
  return { status: written.change.kind, backup: written.backup, diff };
}

function inWords(kind: Change["kind"], { name, place }: Step): string {
  if (kind === "unchanged") return `has ${name} already`;
  if (kind === "absent") return `has no entry ${name}`;
  return `${kind} ${name} ${kind === "removed" ? "from" : "in"} ${place.file}`;
}

type Consent = (question: string) => Promise<boolean>;

/** Yes, no, all of the rest, none of the rest; an end of input is no. */
function createConsent(ask: (question: string) => Promise<string | null>): Consent {
  let forAll: boolean | undefined;
  return async (question) => {
    if (forAll !== undefined) return forAll;
    const answer = (await ask(`${question} [y]es, [N]o, [a]ll, [q]uit`))?.toLowerCase() ?? "q";
    if (answer === "a" || answer === "all") forAll = true;
    if (answer === "q" || answer === "quit") forAll = false;
    return forAll ?? (answer === "y" || answer === "yes");
  };
}

/** What a user has to do so that hosts see what was written. */
async function sayWhatIsLeft(
  command: Command,
  steps: readonly Step[],
  results: readonly Result[],
): Promise<void> {
  const written = steps.filter((_, at) =>
    ["added", "updated", "removed"].includes(results[at]?.status ?? ""),
  );
  const hosts = new Set(written.map(({ place }) => place.host));
  if (hosts.size === 0) return;
  const running = await runningPrograms();
  for (const host of hosts) {
    if (host.rewrites?.some((name) => running.has(name)))
      command.output.warn(
        `${host.title} is running and may write its file back as it was: ${host.afterwards}, then look with m2mcp hosts`,
      );
    else if (results.some(({ host: id, status }) => id === host.id && status !== "removed"))
      command.output.note(`next: ${host.afterwards}`);
    else command.output.note(`${host.title} has it until it is started again`);
  }
}
