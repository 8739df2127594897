import type { Command, Outcome } from "../../command-line/command.ts";
import { restored } from "../../desktop/backups.ts";
import { type FoundFile, findHosts, lookInto, type OwnEntry } from "../../desktop/find-hosts.ts";
import type { Host, Scope } from "../../desktop/host.ts";
import { type HostFile, withoutEntry } from "../../desktop/host-file.ts";
import { HOSTS } from "../../desktop/hosts/all.ts";
import { type Place, placeOf } from "../../desktop/place.ts";
import { type System, thisSystem } from "../../desktop/system.ts";
import { type M2mcpError, wrongUsage } from "../../failure.ts";
import { profileName } from "../target/server-url.ts";
import { carryOut, modeOf, type Step } from "./changes.ts";
import { givenPlace, hostsOption, scopeOption } from "./places.ts";

/** `m2mcp uninstall @svc [--host HOST…]`: takes our entries for a connection out of hosts' files again. */
export async function run(command: Command): Promise<Outcome> {
  const { output, io, options, positionals } = command;
  if (!positionals.every((text) => text.startsWith("@")))
    throw wrongUsage("uninstall takes a connection", "write it like m2mcp uninstall @svc");
  // The connection may be gone already.
  const target = positionals.map((text) => `@${profileName(text)}`).join(" ");
  const system = thisSystem(io);
  modeOf(command);
  const steps: Step[] = [];
  const { entries, problems } = await ourEntries(command, system, target);
  for (const [place, entry] of entries)
    steps.push({
      place,
      name: entry.name,
      own: [entry.name, entry.command, ...entry.args.filter((word) => /^(?:bridge|@[\w.-]+)$/.test(word))],
      make: (file: HostFile) => restored(file, entry.name, withoutEntry(file, entry.name), system),
    });
  const [unread] = problems;
  // What cannot be read may have one.
  if (steps.length === 0 && unread) throw unread;
  for (const { message } of problems) output.warn(message);
  if (steps.length === 0) {
    const where =
      hostsOption(command)
        .map(({ title }) => title)
        .join(", ") || "any host";
    output.data({ target, dryRun: options.on("dry-run"), hosts: [] });
    output.print(`there is no entry of ours for ${target} in ${where}`);
    return undefined;
  }
  return carryOut(command, system, steps, { target });
}

/** Entries that start this program for the connection, or that have the name which is asked for. */
async function ourEntries(
  command: Command,
  system: System,
  target: string,
): Promise<{ entries: [Place, OwnEntry][]; problems: M2mcpError[] }> {
  const named = hostsOption(command);
  const scope = scopeOption(command);
  const name = command.options.value("name");
  const isMeant = (entry: OwnEntry) =>
    entry.target?.toLowerCase() === target && (name === undefined || entry.name === name);
  const given = await givenPlace(command, system, scope ?? "user");
  const files = given
    ? [{ place: given, file: await lookInto(given, system) }]
    : await filesOf(named.length > 0 ? named : HOSTS, system, scope);
  return {
    entries: files.flatMap(({ place, file }) =>
      file.ours.filter(isMeant).map((entry): [Place, OwnEntry] => [place, entry]),
    ),
    problems: files.flatMap(({ file }) => file.problem ?? []),
  };
}

/** The files of hosts, of one scope or of each. */
async function filesOf(hosts: readonly Host[], system: System, scope: Scope | undefined) {
  const found: { place: Place; file: FoundFile }[] = [];
  for (const { host, files } of await findHosts(system, hosts, scope && [scope]))
    for (const file of files) {
      const place = await placeOf(host, file.scope, system);
      if (place) found.push({ place, file });
    }
  return found;
}
