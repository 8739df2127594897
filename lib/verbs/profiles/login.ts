import { requireSecure } from "../../auth/discovery/url.ts";
import type { Command } from "../../command-line/command.ts";
import { withoutUrlSecrets, wrongUsage } from "../../failure.ts";
import { table } from "../../ui/table.ts";
import { withPolicyOf } from "../policy/tool-policy.ts";
import { memoryCache, type Profile, type Store } from "../target/saved.ts";
import { nameFor, profileName, sameServer, serverUrl } from "../target/server-url.ts";
import { storeOf } from "../target/store.ts";
import { withOptions } from "../target/target.ts";
import { describe, givenCredentials, keptOptions, tryLogin } from "./trial-login.ts";

/** `m2mcp login <server> [@name]`: stores nothing unless the server's authorization accepts the credentials. */
export async function run(command: Command): Promise<undefined> {
  const [address = "", wanted] = command.positionals;
  if (address.startsWith("@"))
    throw wrongUsage(
      "login needs the server's address",
      `m2mcp login https://mcp.example.com/mcp ${address}`,
    );
  const server = serverUrl(address);
  const named = wanted === undefined ? undefined : profileName(wanted);
  const kept = keptOptions(command);
  const store = storeOf(command);
  const old = await replaced(store, server, named);
  requireSecure(server, "the server's address", kept.allowHttp ?? old?.allowHttp ?? []);
  const credentials = await givenCredentials(command);

  const learned = memoryCache({});
  const target = withOptions(command, store, server, {
    ...(old ? { profile: old } : {}),
    credentials,
    cache: learned,
  });
  const trial = await tryLogin(command, target, credentials);
  if (!trial) {
    const at = withoutUrlSecrets(server);
    command.output.data({ profile: null, server: at, authorization: null });
    command.output.print(`${at} asks for no authorization: m2mcp connect ${at} @name is all it needs`);
    return;
  }
  const name = old?.name ?? named ?? (await freeName(store, server));
  const createdAtMs = old?.createdAtMs ?? command.io.now();
  const profile = {
    ...withoutLogin(old),
    ...withPolicyOf(kept, old),
    name,
    server,
    credentials: trial.credentials,
    createdAtMs,
  };
  await store.saveProfile(profile, learned.state());

  const { rows, data } = describe(server, name, trial, command.io.now());
  command.output.data(data);
  command.output.print(`logged in\n${table(rows.map(([label = "", value = ""]) => [`  ${label}`, value]))}`);
}

/** What a renewed profile keeps: it has credentials of its own now. */
const withoutLogin = (old: Profile | undefined): Partial<Profile> => {
  const { login: _, ...rest } = old ?? {};
  return rest;
};

/**
 * The profile that this login renews.
 *
 * @throws M2mcpError (exit 1) when the name belongs to another server, so that nothing is lost by mistake
 */
async function replaced(store: Store, server: string, named: string | undefined) {
  if (named === undefined) {
    const { profiles } = await store.listProfiles();
    const logins = profiles.filter((profile) => profile.credentials && sameServer(profile.server, server));
    if (logins.length > 1)
      throw wrongUsage(
        `several logins know ${server}: ${logins.map((profile) => `@${profile.name}`).join(", ")}`,
        `name the one to renew: m2mcp login ${server} @${logins[0]?.name}`,
      );
    return logins[0];
  }
  // A profile that cannot be read is replaced: that is how a damaged one is mended.
  const old = await store.readProfile(named).catch(() => null);
  if (old && !sameServer(old.server, server))
    throw wrongUsage(
      `@${named} belongs to ${old.server}`,
      `choose another name, or m2mcp logout @${named} first`,
    );
  return old ?? undefined;
}

async function freeName(store: Store, server: string): Promise<string> {
  const { profiles } = await store.listProfiles();
  return nameFor(server, (name) => profiles.some((profile) => profile.name === name));
}
