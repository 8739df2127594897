import { resolve } from "node:path";
import type { Command } from "../../command-line/command.ts";
import { noSuchScope, severalPlaces } from "../../desktop/errors.ts";
import { type Host, SCOPES, type Scope } from "../../desktop/host.ts";
import { HOSTS, hostNamed } from "../../desktop/hosts/all.ts";
import { isHere, type Place, placeOf } from "../../desktop/place.ts";
import type { System } from "../../desktop/system.ts";
import { wrongUsage } from "../../failure.ts";

/** `--scope`; undefined when it is not given. @throws M2mcpError (exit 1) when there is none of this name */
export function scopeOption({ options }: Command): Scope | undefined {
  // Its variable is that of token requests.
  const text = options.origin("scope") === "flag" ? options.value("scope") : undefined;
  const found = SCOPES.find((scope) => scope === text);
  if (text !== undefined && !found)
    throw wrongUsage(`there is no scope ${text}`, `it is ${SCOPES.join(", ")}`);
  return found;
}

/** `--host`, each once; none when it is not given, all with `--host all`. @throws M2mcpError (exit 1) on a wrong name */
export function hostsOption({ options }: Command): Host[] {
  const names = options
    .values("host")
    .flatMap((text) => text.split(","))
    .map((name) => name.trim());
  if (names.includes("all")) return [...HOSTS];
  return [...new Set(names.filter((name) => name !== "").map(hostNamed))];
}

/**
 * The files that `install` is to write: of the hosts that are named, else of those that are here.
 *
 * @throws M2mcpError (exit 1) when none is meant, or one of them has no such scope
 */
export async function placesToInstall(command: Command, system: System, scope: Scope): Promise<Place[]> {
  const named = hostsOption(command);
  const given = await givenPlace(command, system, scope);
  if (given) return [given];
  const isAll = command.options.values("host").includes("all");
  const places: Place[] = [];
  for (const host of named.length > 0 ? named : HOSTS) {
    const place = await placeOf(host, scope, system);
    if (!place && named.length > 0 && !isAll) throw noSuchScope(host.title, scope, Object.keys(host.scopes));
    if (!place) continue;
    const isMeant =
      named.length > 0 && !isAll
        ? true
        : scope === "user"
          ? await isHere(host, system)
          : await system.exists(place.file);
    if (isMeant) places.push(place);
  }
  if (places.length === 0) throw nothingHere(scope);
  return places;
}

const nothingHere = (scope: Scope) =>
  scope === "user"
    ? wrongUsage(
        "no MCP host was found on this machine",
        "--host NAME writes its file all the same; m2mcp hosts lists the names",
      )
    : wrongUsage(
        `no host has a file for scope ${scope} here yet`,
        `say which one shall have it: --host NAME`,
      );

/** The file that `--file` names, read as the host's. @throws M2mcpError (exit 1) where it is not known whose it is */
export async function givenPlace(command: Command, system: System, scope: Scope): Promise<Place | undefined> {
  const given = command.options.value("file");
  if (given === undefined) return undefined;
  const [host, more] = hostsOption(command);
  if (!host || more) throw wrongUsage("--file belongs to one host", "add --host NAME: its notation is used");
  const place = await placeOf(host, scope, system);
  if (!place) throw noSuchScope(host.title, scope, Object.keys(host.scopes));
  return { ...place, file: resolve(command.io.cwd, given), others: [] };
}

/** @throws M2mcpError several_places where it cannot be known which file the host reads */
export function onlyPlace(place: Place): Place {
  if (place.others.length > 0) throw severalPlaces(place.host.title, [place.file, ...place.others]);
  return place;
}
