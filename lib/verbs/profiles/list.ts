import { basename } from "node:path";
import type { Command } from "../../command-line/command.ts";
import { showControls } from "../../controls.ts";
import { type M2mcpError, withoutUrlSecrets } from "../../failure.ts";
import { table } from "../../ui/table.ts";
import { moment } from "../../ui/time.ts";
import { profilesUnreadable } from "../errors.ts";
import type { Profile, Store } from "../target/saved.ts";
import { storeOf } from "../target/store.ts";

/** What `profiles` shows of one profile: never a secret or a token. */
export interface ProfileLine {
  name: string;
  authorization: string;
  server: string;
  login: string | null;
  issuer: string | null;
  scope: string | null;
  expiresAtMs: number | null;
}

/** `m2mcp profiles`: all that can be read; what cannot is named and makes exit code 5. */
export async function run(command: Command): Promise<M2mcpError | undefined> {
  const store = storeOf(command);
  const { profiles, unreadable } = await store.listProfiles();
  const lines: ProfileLine[] = [];
  for (const profile of profiles) lines.push(await lineOf(store, profile, profiles));

  command.output.data({
    profiles: lines.map(({ expiresAtMs, ...line }) => ({
      ...line,
      expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
    })),
    unreadable: unreadable.map(({ file, error }) => ({ file, error: error.message })),
  });
  if (lines.length > 0) command.output.print(human(lines, command.io.now()));
  else if (unreadable.length === 0 && !command.output.json)
    command.output.note(`no profiles in ${store.folder} yet: m2mcp login <server> makes one`);
  if (unreadable.length === 0) return undefined;
  for (const { file, error } of unreadable) command.output.warn(`${basename(file)}: ${error.message}`);
  return profilesUnreadable(unreadable.length);
}

async function lineOf(store: Store, profile: Profile, all: Profile[]): Promise<ProfileLine> {
  const holder = profile.credentials ? profile : all.find(({ name }) => name === profile.login);
  const credentials = holder?.credentials;
  const state = credentials && holder ? await store.readState(holder.name).catch(() => null) : null;
  const token = state?.auth?.token;
  return {
    name: profile.name,
    authorization: credentials?.grant ?? (profile.login ? "login missing" : "no authorization"),
    server: withoutUrlSecrets(profile.server),
    login: profile.login ?? null,
    issuer: credentials?.issuer ?? state?.auth?.discovered?.issuer ?? null,
    scope: token?.scope ?? credentials?.scope ?? null,
    expiresAtMs: token?.expiresAtMs ?? null,
  };
}

/** Profiles for people: a line each, with what is known of the login below it. */
function human(lines: readonly ProfileLine[], nowMs: number): string {
  const heads = table(
    lines.map((line) => [
      `@${line.name}`,
      `[${line.authorization}]`,
      line.server,
      line.login ? `login @${line.login}` : "",
    ]),
  ).split("\n");
  return lines
    .map((line, index) => {
      const known = [
        line.issuer === null ? "" : `issuer ${line.issuer}`,
        line.scope ? `scope ${line.scope}` : "",
        line.expiresAtMs === null ? "" : `expires ${moment(line.expiresAtMs, nowMs)}`,
      ].filter((part) => part !== "");
      return [heads[index] ?? "", ...known.map((part) => `    ${showControls(part)}`)].join("\n");
    })
    .join("\n");
}
