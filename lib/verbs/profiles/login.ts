import { requireSecure } from "../../auth/discovery/url.ts";
import type { Call } from "../../command-line/command.ts";
import { withoutUrlSecrets, wrongUsage } from "../../failure.ts";
import { createCache, memoryCache } from "../../store/state-cache.ts";
import type { Profile, Store } from "../../store/types.ts";
import { table } from "../../ui/table.ts";
import { storeOf } from "../target/option-files.ts";
import { nameFor, profileName, sameServer, serverUrl } from "../target/server-url.ts";
import { target } from "../target/target.ts";
import { describe, givenCredentials, keptOptions, prove } from "./trial-login.ts";

/** `m2mcp login <server> [@name]`: stores nothing unless the server's authorization accepts the credentials. */
export async function run(call: Call): Promise<undefined> {
  const [address = "", wanted] = call.positionals;
  if (address.startsWith("@"))
    throw wrongUsage(
      "login needs the server's address",
      `m2mcp login https://mcp.example.com/mcp ${address}`,
    );
  const server = serverUrl(address);
  const named = wanted === undefined ? undefined : profileName(wanted);
  const kept = keptOptions(call);
  const store = storeOf(call);
  const old = await replaced(store, server, named);
  requireSecure(server, "the server's address", kept.allowHttp ?? old?.allowHttp ?? []);
  const credentials = await givenCredentials(call);

  const found = target(call, store, server, {
    ...(old ? { profile: old } : {}),
    credentials,
    cache: memoryCache({}),
  });
  const proof = await prove(call, found, credentials);
  if (!proof) {
    const at = withoutUrlSecrets(server);
    call.output.data({ profile: null, server: at, authorization: null });
    call.output.print(`${at} asks for no authorization: m2mcp connect ${at} @name is all it needs`);
    return;
  }
  const name = old?.name ?? named ?? (await freeName(store, server));
  await store.writeProfile({
    ...withoutLogin(old),
    ...kept,
    name,
    server,
    credentials: proof.credentials,
    createdAtMs: old?.createdAtMs ?? call.around.now(),
  });
  await createCache(
    store,
    async () => name,
    (line) => call.output.warn(line),
  ).changeAuth(() => proof.state);

  const { rows, data } = describe(server, name, proof, call.around.now());
  call.output.data(data);
  call.output.print(`logged in\n${table(rows.map(([label = "", value = ""]) => [`  ${label}`, value]))}`);
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
