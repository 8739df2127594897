// The host's side of a diagnosis: the entries that start a bridge to a target, and what was last written down of one.
import { accessSync, constants, existsSync, realpathSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import type { DiagnosisStep } from "../../auth/diagnosis/diagnose.ts";
import type { Command } from "../../command-line/command.ts";
import { isOurs } from "../../desktop/entry.ts";
import { type FoundFile, findHosts, type OwnEntry } from "../../desktop/find-hosts.ts";
import type { Host } from "../../desktop/host.ts";
import { thisSystem } from "../../desktop/system.ts";
import { storeFolder } from "../../platform/own-folders/settings.ts";
import { ownProgram } from "../../platform/programs/own-program.ts";
import { searchFolders } from "../../platform/windows/programs.ts";
import { sameServer } from "../target/server-url.ts";
import type { Target } from "../target/target.ts";
import { type EntryFacts, findingsOf } from "./entry-checks.ts";

type Show = (step: DiagnosisStep) => void;

/** Looks at each host's files for entries of this target; says nothing where there is no host. */
export async function showHostSteps(command: Command, target: Target, show: Show): Promise<void> {
  const found = await findHosts(thisSystem(command.io));
  let isInAny = false;
  for (const { host, files } of found)
    for (const file of files) {
      if (file.problem) show(problemStep(host.title, file));
      for (const entry of file.ours.filter((one) => isFor(one, target))) {
        isInAny = true;
        show(entryStep(command, host, file, entry));
      }
    }
  const here = found.filter((one) => one.here && one.files.some(({ scope }) => scope === "user"));
  if (isInAny || here.length === 0 || !target.profile) return;
  const names = here.map(({ host }) => host.title).join(", ");
  const fix = `m2mcp install @${target.profile.name}, where one shall use it`;
  show({ name: "hosts", ok: true, saw: `no entry of ${names} starts a bridge to it`, fix });
}

const isFor = ({ target: named }: OwnEntry, { profile, server }: Target): boolean =>
  named !== undefined &&
  (named.startsWith("@")
    ? named.slice(1).toLowerCase() === profile?.name.toLowerCase()
    : URL.canParse(named) && sameServer(named, server));

const problemStep = (title: string, { problem, file }: FoundFile): DiagnosisStep => ({
  name: `${title}'s file`,
  ok: false,
  saw: problem?.message ?? `${file} cannot be read`,
  fix: problem?.hint ?? "mend the file: the host reads none of its entries",
});

function entryStep(command: Command, host: Host, { file, scope }: FoundFile, entry: OwnEntry): DiagnosisStep {
  const name = `entry ${entry.name} of ${host.title}`;
  const more = scope === "user" ? "" : ` --scope ${scope}`;
  const again = entry.target?.startsWith("@")
    ? `m2mcp install ${entry.target} --host ${host.id}${more} writes it anew`
    : "write the whole path of m2mcp there";
  const findings = findingsOf(host.id, entry, factsOf(command, entry), again);
  const faults = findings.filter(({ isFault }) => isFault);
  const told = faults.length > 0 ? faults : findings;
  const saw =
    told.length > 0 ? told.map((one) => one.saw).join("; ") : "starts this program, for this target";
  const fix = [...new Set(told.map((one) => one.fix))].join("; ");
  return { name, ok: faults.length === 0, saw: `${saw} (${file})`, ...(fix === "" ? {} : { fix }) };
}

function factsOf({ io }: Command, entry: OwnEntry): EntryFacts {
  const { M2MCP_HOME: _own, ...rest } = io.env;
  const store = storeOr(io.env, () => storeFolder({ ...rest, ...entry.env }));
  const profile = entry.target?.startsWith("@") ? entry.target.slice(1).toLowerCase() : undefined;
  return {
    program: programOf(entry, io.env),
    ...(profile === undefined ? {} : { hasProfile: existsSync(join(store, "profiles", `${profile}.m2mcp`)) }),
    store,
    ownStore: storeFolder(io.env),
    env: io.env,
  };
}

/** What is not expanded names no folder: that is told as such. */
function storeOr(env: Record<string, string | undefined>, find: () => string): string {
  try {
    return find();
  } catch {
    return storeFolder(env);
  }
}

function programOf(
  { command, args }: OwnEntry,
  env: Record<string, string | undefined>,
): EntryFacts["program"] {
  const path = env.PATH ?? env.Path ?? "";
  if (!/[\\/]/.test(command)) {
    const isWindows = process.platform === "win32";
    const folders = isWindows ? searchFolders(path) : path.split(delimiter).filter(isAbsolute);
    // Hosts find a program by its name alone where it is none of a shell's.
    const endings = isWindows && !/\.(exe|cmd|bat|com)$/i.test(command) ? [".exe", ".cmd"] : [""];
    const found = folders
      .flatMap((folder) => endings.map((ending) => join(folder, command + ending)))
      .find(isExecutable);
    if (!found) return { kind: "not on PATH" };
    if (isWindows && /\.(cmd|bat)$/i.test(found)) return { kind: "batch file", path: found };
    return isOurs({ command, args: [] }) ? { kind: "on PATH", path: found } : { kind: "this" };
  }
  if (!existsSync(command)) return { kind: "missing" };
  if (!isExecutable(command)) return { kind: "not executable" };
  const own = ownProgram(path);
  const ours = own.kind === "executable" ? own.command : own.args.at(-1);
  const started =
    own.kind === "executable" || !args.some((word) => isSame(word, ours)) ? command : (ours ?? command);
  return isSame(started, ours) ? { kind: "this" } : { kind: "other", path: command };
}

const isSame = (one: string, other: string | undefined): boolean => {
  try {
    return other !== undefined && realpathSync.native(one) === realpathSync.native(other);
  } catch {
    return false;
  }
};

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
