// The verbs for files of MCP hosts.
import type { Command, Outcome } from "../../command-line/command.ts";
import { type Entry, entryName, isEntryName } from "../../desktop/entry.ts";
import { formatOf } from "../../desktop/formats/format.ts";
import { withEntry } from "../../desktop/host-file.ts";
import { CLAUDE_DESKTOP } from "../../desktop/hosts/claude.ts";
import { isHere, type Place, placeOf } from "../../desktop/place.ts";
import { type System, thisSystem } from "../../desktop/system.ts";
import { wrongUsage } from "../../failure.ts";
import { carryOut, modeOf } from "./changes.ts";
import { guardArguments } from "./guard-arguments.ts";
import { ownEntry } from "./own-entry.ts";
import { hostsOption, placesToInstall, scopeOption } from "./places.ts";

/** `m2mcp install @svc [@other …] [--host HOST…]`: an entry for a saved connection, or for several as one, in hosts' files. */
export async function run(command: Command): Promise<Outcome> {
  const [text = "", ...others] = command.positionals;
  const { options, output, io } = command;
  if (![text, ...others].every((one) => one.startsWith("@")))
    throw wrongUsage(
      "install takes a saved connection",
      "m2mcp login <server> @svc saves one, with its secret encrypted: then m2mcp install @svc",
    );
  const scope = scopeOption(command) ?? "user";
  const system = thisSystem(io);
  const rest = await Promise.all(others.map((other) => ownEntry(command, other, scope)));
  const more = [...rest.map((other) => `@${other.profile}`), ...guardArguments(options)];
  const { profile, entry, warnings: ofFirst } = await ownEntry(command, text, scope, more);
  const warnings = [...new Set([...ofFirst, ...rest.flatMap((other) => other.warnings)])];
  const given = options.value("name");
  const usual = entryName([profile, ...rest.map((other) => other.profile)].join("-"));
  const name = given === undefined ? usual : givenName(given);
  if (!options.on("print")) modeOf(command);
  for (const warning of warnings) output.warn(warning);
  if (options.on("print")) return print(command, system, name, entry);
  const places = await placesToInstall(command, system, scope);
  if (hostsOption(command).length > 0) await warnOfAbsent(command, system, places);
  const steps = places.map((place) => {
    const key = place.host.key?.(name) ?? name;
    return {
      place,
      name: key,
      own: [key, ...valuesOf(entry)],
      make: (file: Parameters<typeof withEntry>[0]) => withEntry(file, key, entry, options.on("force")),
    };
  });
  return carryOut(command, system, steps, { profile, entry: name, command: entry.command, args: entry.args });
}

const valuesOf = ({ command, args, env }: Entry) => [command, ...args, ...Object.values(env)];

/** @throws M2mcpError (exit 1) on a name that not every host would take */
function givenName(text: string): string {
  if (!isEntryName(text))
    throw wrongUsage("an entry cannot have this name", "letters, digits, dashes and underscores: --name svc");
  return text;
}

/** The entry alone, in the notation of each host that is named; Claude Desktop's, which most read, when none is. */
async function print(command: Command, system: System, name: string, entry: Entry): Promise<undefined> {
  const named = hostsOption(command);
  const shown: Record<string, unknown>[] = [];
  for (const host of named.length > 0 ? named : [CLAUDE_DESKTOP]) {
    const place = await placeOf(host, scopeOption(command) ?? "user", system);
    const under = place?.under ?? [];
    const key = host.key?.(name) ?? name;
    const value = host.value(entry, key);
    const text = (await formatOf(host.format)).set("", [...under, key], value);
    shown.push({ host: host.id, file: place?.file ?? null, under, name: key, value, text });
    if (named.length > 1) command.output.note(`${host.title}: ${place?.file ?? "no file of this scope"}`);
    command.output.print(text);
  }
  command.output.data({ entries: shown });
}

async function warnOfAbsent({ output }: Command, system: System, places: readonly Place[]): Promise<void> {
  for (const { host, scope } of places)
    if (scope === "user" && !(await isHere(host, system)))
      output.warn(`${host.title} was not found on this machine: its file is written all the same`);
}
