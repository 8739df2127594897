import { searchFolders } from "../platform/windows/programs.ts";
import type { Files, Host, Scope } from "./host.ts";
import { expanded, pathsOf, type System } from "./system.ts";

/** Where the entries of a host and scope are, or would be. */
export interface Place {
  host: Host;
  scope: Scope;
  file: string;
  /** Keys down to the entries. */
  under: string[];
  /** Other files that it could be as well: several packages of one app. */
  others: string[];
}

/**
 * The file of a host for a scope: of the places that it may be at one that is there, else the first whose folder is
 * there, else the usual one.
 *
 * @returns undefined where the host has no such scope
 */
export async function placeOf(host: Host, scope: Scope, system: System): Promise<Place | undefined> {
  const files = host.scopes[scope];
  if (!files) return undefined;
  const { dirname } = pathsOf(system);
  const patterns = pathsFor(files, system);
  const groups: string[][] = [];
  for (const pattern of patterns) {
    const found = await matching(expanded(pattern, system), system);
    groups.push(await those(found, (file) => system.exists(dirname(file))));
  }
  const rivals = groups.find((group) => group.length > 0) ?? [];
  const folders = rivals.map((file) => dirname(file));
  const there = await those(
    groups.flat().filter((file) => folders.includes(dirname(file))),
    system.exists,
  );
  const usual = patterns.find((pattern) => !pattern.includes("*")) ?? "";
  const file = there[0] ?? rivals[0] ?? native(expanded(usual, system), system);
  // Of several packages the one that has a file is the one that runs.
  const others = there.length === 1 ? [] : rivals.filter((one) => dirname(one) !== dirname(file));
  const under = files.under.map((key) => key.replace("{cwd}", () => projectKey(system)));
  return { host, scope, file, under, others };
}

/** A project's folder as a key: the host writes it with slashes on every system (anthropics/claude-code#88418). */
const projectKey = ({ platform, cwd }: System): string =>
  platform === "win32" ? cwd.replaceAll("\\", "/") : cwd;

async function those(files: string[], are: (file: string) => Promise<boolean>): Promise<string[]> {
  const found: string[] = [];
  for (const file of files) if (await are(file)) found.push(file);
  return found;
}

function pathsFor({ paths }: Files, { platform }: System): readonly string[] {
  if (!("linux" in paths)) return paths;
  return paths[platform === "darwin" || platform === "win32" ? platform : "linux"];
}

/** With the system's own marks between names. */
const native = (path: string, system: System) => pathsOf(system).normalize(path);

/** The paths that a pattern stands for; `*` is looked up, what else it holds is not. */
async function matching(pattern: string, system: System): Promise<string[]> {
  const star = pattern.indexOf("*");
  if (star < 0) return [native(pattern, system)];
  const from = pattern.lastIndexOf("/", star);
  const to = pattern.indexOf("/", star);
  const [begins, ends] = pattern.slice(from + 1, to).split("*");
  const names = await system.list(native(pattern.slice(0, from), system));
  return names
    .filter((name) => name.startsWith(begins ?? "") && name.endsWith(ends ?? ""))
    .sort()
    .map((name) => native(`${pattern.slice(0, from)}/${name}${pattern.slice(to)}`, system));
}

/** Whether the host seems to be on this machine: its file, its folder, the app, or its command. */
export async function isHere(host: Host, system: System): Promise<boolean> {
  const { dirname, join, delimiter } = pathsOf(system);
  const own = await placeOf(host, "user", system);
  const signs = host.signs.map((sign) => native(expanded(sign, system), system));
  for (const path of [...(own ? [dirname(own.file)] : []), ...signs])
    if (!isHome(path, system) && (await system.exists(path))) return true;
  const path = system.env.PATH ?? system.env.Path ?? "";
  const folders =
    system.platform === "win32"
      ? searchFolders(path)
      : path.split(delimiter).filter((folder) => folder !== "");
  const endings = system.platform === "win32" ? [".exe", ".cmd"] : [""];
  for (const command of host.commands)
    for (const folder of folders)
      for (const ending of endings) if (await system.exists(join(folder, command + ending))) return true;
  return false;
}

/** Everybody has one. */
const isHome = (path: string, system: System) => path === native(expanded("~", system), system);
