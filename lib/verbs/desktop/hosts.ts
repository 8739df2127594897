import type { Command } from "../../command-line/command.ts";
import { type FoundFile, type FoundHost, findHosts } from "../../desktop/find-hosts.ts";
import { type System, shortPath, thisSystem } from "../../desktop/system.ts";
import { failureJson } from "../../ui/failure-json.ts";
import { columnsShown } from "../../ui/screen/columns.ts";
import { table } from "../../ui/table.ts";

const HEADINGS = ["APP", "--host", "ENTRIES", "FILE"];

/** `m2mcp hosts`: which hosts are on this machine, where their files are, and which entries start m2mcp. */
export async function run({ io, output }: Command): Promise<undefined> {
  const system = thisSystem(io);
  const found = await findHosts(system);
  output.data({ hosts: found.map(forPrograms) });
  if (output.json) return;
  const rows = found.filter(({ here }) => here).flatMap((host) => rowsOf(host, system));
  const { out } = output.screen;
  if (rows.length > 0 && out.isTerminal) output.show(await columnsShown(HEADINGS, rows, out));
  else if (rows.length > 0) output.print(table(rows));
  else output.note("no MCP host was found on this machine");
  const others = found.filter(({ here }) => !here).map(({ host }) => host.id);
  if (others.length > 0) output.note(`not found here: ${others.join(", ")}`);
  for (const { files } of found) for (const { problem } of files) if (problem) output.warn(problem.message);
}

function forPrograms({ host, here, files }: FoundHost) {
  return {
    host: host.id,
    title: host.title,
    here,
    files: files.map(({ problem, ours, ...file }) => ({
      ...file,
      // Values of variables may be secrets that somebody has put there by hand.
      ours: ours.map(({ env, ...entry }) => ({ ...entry, variables: Object.keys(env) })),
      ...(problem ? failureJson(problem) : {}),
    })),
  };
}

/** Its user's file, and others that are there. */
const rowsOf = ({ host, files }: FoundHost, system: System): string[][] =>
  files
    .filter(
      ({ scope, exists, ours }) => scope === "user" || (exists && scope === "project") || ours.length > 0,
    )
    .map((file, at) => [
      at === 0 ? host.title : "",
      at === 0 ? host.id : "",
      entriesInWords(file),
      placeInWords(file, system),
    ]);

function entriesInWords({ ours, exists, problem }: FoundFile): string {
  if (problem) return "cannot be read";
  if (ours.length > 0)
    return ours
      .map(({ name, target }) => (target === `@${name}` || !target ? name : `${name} (${target})`))
      .join(", ");
  return exists ? "none of ours" : "no file yet";
}

const placeInWords = ({ file, scope, others }: FoundFile, system: System) =>
  [file, ...others].map((one) => shortPath(one, system)).join(" or ") +
  (scope === "user" ? "" : ` (${scope})`);
