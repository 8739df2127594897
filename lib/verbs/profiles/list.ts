import { secretMethod } from "../../auth/client/authentication.ts";
import { type Discovered, grantOf, type TokenOrigin } from "../../auth/credentials.ts";
import type { Command } from "../../command-line/command.ts";
import { type M2mcpError, withoutUrlSecrets } from "../../failure.ts";
import { textWidth } from "../../platform/text-width.ts";
import { columnsShown } from "../../ui/screen/columns.ts";
import type { Screen } from "../../ui/screen/screen.ts";
import { joined, marked, type Shown, shown } from "../../ui/screen/style.ts";
import { table } from "../../ui/table.ts";
import { moment, span } from "../../ui/time.ts";
import type { Profile, Store } from "../target/saved.ts";
import { storeOf } from "../target/store.ts";
import { tellUnreadable } from "./unreadable.ts";

/** What `profiles` shows of one profile: never a secret or a token. */
export interface ProfileLine {
  name: string;
  authorization: string;
  server: string;
  login: string | null;
  /** How the client proves itself. */
  method: string | null;
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
  const { out } = command.output.screen;
  if (lines.length > 0 && !command.output.json && out.isTerminal)
    command.output.show(await columnsShown(HEADINGS, cellsOf(lines, command.io.now()), out));
  else if (lines.length > 0) command.output.show(human(lines, command.io.now(), out));
  else if (unreadable.length === 0 && !command.output.json)
    command.output.note(`no profiles in ${store.folder} yet: m2mcp login <server> makes one`);
  return tellUnreadable(command.output, unreadable);
}

async function lineOf(store: Store, profile: Profile, all: Profile[]): Promise<ProfileLine> {
  const holder = profile.credentials ? profile : all.find(({ name }) => name === profile.login);
  const credentials = holder?.credentials;
  const state = credentials && holder ? await store.readState(holder.name).catch(() => null) : null;
  const token = state?.auth?.token;
  return {
    name: profile.name,
    authorization: credentials
      ? (credentials.grant ?? "token")
      : profile.login
        ? "login missing"
        : "no authorization",
    server: withoutUrlSecrets(profile.server),
    login: profile.login ?? null,
    method: credentials ? methodOf(credentials, state?.auth?.discovered) : null,
    issuer: grantOf(credentials)?.issuer ?? state?.auth?.discovered?.issuer ?? null,
    scope: token?.scope ?? grantOf(credentials)?.scope ?? null,
    expiresAtMs: token?.expiresAtMs ?? null,
  };
}

/** The method as the authorization server names it (RFC 8414 §2); of a token that something else makes its source. */
function methodOf(origin: TokenOrigin, known: Discovered | undefined): string {
  if (origin.grant === null) {
    const { from } = origin.token;
    return from === "value" ? "token" : `token_${from}`;
  }
  const { authentication, assertion } = origin;
  switch (authentication.kind) {
    case "secret":
      return `client_secret_${secretMethod(authentication.method, known?.authMethods)}`;
    case "private_key":
    case "assertion":
      return "private_key_jwt";
    case "tls":
      return "tls_client_auth";
    case "none":
      return assertion ? "assertion" : "none";
  }
}

/** Methods in a few letters. */
const METHODS: Record<string, string> = {
  client_secret_basic: "secret, basic",
  client_secret_post: "secret, post",
  private_key_jwt: "signed JWT",
  tls_client_auth: "certificate",
};

const HEADINGS = ["NAME", "SERVER", "LOGIN", "METHOD", "SCOPE", "TOKEN"];

const cellsOf = (lines: readonly ProfileLine[], nowMs: number): string[][] =>
  lines.map((line) => [
    `@${line.name}`,
    line.server,
    line.login === null ? (line.issuer ?? (line.method ? "" : "none needed")) : `@${line.login}`,
    line.authorization === "login missing"
      ? line.authorization
      : (METHODS[line.method ?? ""] ?? line.method ?? ""),
    line.scope ?? "",
    line.expiresAtMs === null ? "" : endOf(line.expiresAtMs - nowMs),
  ]);

const endOf = (leftMs: number) => (leftMs <= 0 ? "has ended" : `${span(leftMs)} left`);

/** Profiles for who reads a pipe: a line each, with what is known of the login below it. */
function human(lines: readonly ProfileLine[], nowMs: number, screen: Screen): Shown {
  const names = table(lines.map(({ name }) => [`@${name}`, ""])).split("\n");
  const rest = table(
    lines.map((line) => [`[${line.authorization}]`, line.server, line.login ? `login @${line.login}` : ""]),
  ).split("\n");
  const broadest = Math.max(...names.map(textWidth));
  return joined(
    lines.map((line, index) => {
      const name = names[index] ?? "";
      const known = [
        line.issuer === null ? "" : `issuer ${line.issuer}`,
        line.scope ? `scope ${line.scope}` : "",
        line.expiresAtMs === null ? "" : `expires ${moment(line.expiresAtMs, nowMs)}`,
      ].filter((part) => part !== "");
      const head = [
        marked(name, screen, "name"),
        marked(`${" ".repeat(broadest - textWidth(name))}  ${rest[index] ?? ""}`, screen),
      ];
      return joined([joined(head), ...known.map((part) => shown(`    ${part}`, screen, "muted"))], "\n");
    }),
    "\n",
  );
}
