// Shows what shall be changed in hosts' files, asks, and writes: for install and uninstall alike.
import type { Command } from "../../command-line/command.ts";
import { diffOf } from "../../desktop/diff.ts";
import { type Change, type HostFile, readHostFile } from "../../desktop/host-file.ts";
import type { Place } from "../../desktop/place.ts";
import { type System, shortPath } from "../../desktop/system.ts";
import { writeChange } from "../../desktop/write-change.ts";
import { M2mcpError, wrongUsage } from "../../failure.ts";
import { askerAt } from "../../ui/ask.ts";
import { failureJson } from "../../ui/failure-json.ts";
import { isAskable } from "../../ui/io.ts";
import { shownDiff } from "../../ui/screen/shown-diff.ts";
import { someHostsFailed } from "../errors.ts";
import { type Consent, createConsent } from "./consent.ts";
import { sayWhatIsLeft, warnOfRunning } from "./left-to-do.ts";
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
  /** As that of a command. */
  error?: unknown;
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
  const work: Work = { command, system, mode, consent: createConsent(asker, steps.length) };
  if (!mode.isDry) await warnOfRunning(command, steps);
  const results: Result[] = [];
  const failures: M2mcpError[] = [];
  for (const step of steps) {
    const [result, failure] = await carriedOut(work, step);
    results.push(result);
    if (!failure) continue;
    failures.push(failure);
    const { message, hint } = failure;
    if (steps.length > 1) command.output.warn(hint === undefined ? message : `${message} (${hint})`);
  }
  command.output.data({ ...about, dryRun: mode.isDry, hosts: results });
  sayWhatIsLeft(command, steps, results);
  const [failure, more] = failures;
  if (!failure) return undefined;
  return steps.length === 1 && !more ? failure : someHostsFailed(failures.length);
}

interface Work {
  command: Command;
  system: System;
  mode: Mode;
  consent: Consent;
}

async function carriedOut(work: Work, step: Step): Promise<[Result, M2mcpError?]> {
  const { host, scope, file } = step.place;
  const about = { host: host.id, title: host.title, scope, file, name: step.name };
  try {
    return [{ ...about, ...(await changed(work, step)) }];
  } catch (error) {
    if (!(error instanceof M2mcpError)) throw error;
    return [{ ...about, status: "failed", backup: null, ...failureJson(error) }, error];
  }
}

async function changed(
  { command, system, consent, mode }: Work,
  step: Step,
): Promise<Pick<Result, "status" | "backup" | "diff">> {
  const { output, io } = command;
  const place = onlyPlace(step.place);
  const { title } = place.host;
  if (consent.isOver()) return { status: "declined", backup: null };
  const change = await step.make(await readHostFile(place, system));
  if (change.before === change.after) {
    output.print(`${title}: ${inWords(change.kind, step, system)}`);
    return { status: change.kind, backup: null };
  }
  const file = shortPath(place.file, system);
  const diff = await diffOf(file, change.before, change.after, step.own);
  output.show(shownDiff(title, diff, output.screen.out));
  if (mode.isDry) return { status: `would-be-${change.kind}` as Result["status"], backup: null, diff };
  if (!mode.isSure && !(await consent.to(title))) {
    output.print(`${title}: left as it is`);
    return { status: "declined", backup: null, diff };
  }
  const written = await writeChange(place, system, io.now(), step.make);
  output.print(`${title}: ${inWords(written.change.kind, step, system)}`);
  if (written.backup !== null) output.print(`  a copy of before: ${shortPath(written.backup, system)}`);
  return { status: written.change.kind, backup: written.backup, diff };
}

function inWords(kind: Change["kind"], { name, place }: Step, system: System): string {
  const file = shortPath(place.file, system);
  if (kind === "unchanged") return `${file} has ${name} as it should be`;
  if (kind === "absent") return `${file} has no entry ${name}`;
  return `${kind} ${name} ${kind === "removed" ? "from" : "in"} ${file}`;
}
