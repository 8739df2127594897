// The verbs for saved connections: made, listed, removed.
import { grantOf, type TokenOrigin } from "../../auth/credentials.ts";
import { requireSecure } from "../../auth/discovery/url.ts";
import type { Command } from "../../command-line/command.ts";
import { withoutUrlSecrets, wrongUsage } from "../../failure.ts";
import type { Asker } from "../../ui/ask.ts";
import { table } from "../../ui/table.ts";
import { missingOf } from "../credentials/credential-options.ts";
import { withPolicyOf } from "../policy/tool-policy.ts";
import { memoryCache, type Profile } from "../target/saved.ts";
import { profileName, serverUrl } from "../target/server-url.ts";
import { storeOf } from "../target/store.ts";
import { withOptions } from "../target/target.ts";
import { guideOf } from "./ask-credentials.ts";
import { firstRequest, firstRequestAfterLogin } from "./first-request.ts";
import { guidedLogin } from "./guided-login.ts";
import { newName, renewed, saveUnder } from "./names.ts";
import { showNext } from "./next-steps.ts";
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
  const store = storeOf(command);
  const old = await renewed(store, server, named);
  const kept = keptOptions(command);
  requireSecure(server, "the server's address", kept.allowHttp ?? old?.allowHttp ?? []);
  const asker = guideOf(command);
  // Who writes options can write a name as well.
  const missing = missingOf(command.options);

  const learned = memoryCache({});
  const profile = old ? { profile: old } : {};
  const target = withOptions(command, store, server, { ...profile, credentials: null, cache: learned });
  const guided = asker && (await guidedLogin(command, asker, target, grantOf(old?.credentials)?.clientId));
  const credentials = asker ? guided?.credentials : await givenCredentials(command);
  const trial =
    credentials && (await tryLogin(command, { ...target, credentials }, credentials, guided?.known));
  const save = (wanted: string | undefined, namer: Asker | undefined, credentials?: TokenOrigin) =>
    saveUnder(
      store,
      server,
      wanted,
      () => newName(store, server, namer),
      (name, there) =>
        store.saveProfile(
          {
            ...withoutLogin(there),
            ...withPolicyOf(kept, there),
            name,
            server,
            ...(credentials ? { credentials } : {}),
            createdAtMs: there?.createdAtMs ?? command.io.now(),
          },
          learned.state(),
        ),
    );
  if (!trial) {
    await firstRequest(command, target);
    return openServer(command, asker, server, () => save(named, asker));
  }
  const unserved = await firstRequestAfterLogin(command, { ...target, credentials: trial.credentials });
  const name = await save(old?.name ?? named, missing.id ? asker : undefined, trial.credentials);
  if (unserved) command.output.warn(`the login is kept, but no request went through: ${unserved.message}`);
  const { rows, data } = describe(server, name, trial, command.io.now());
  command.output.data(data);
  command.output.print(`logged in\n${table(rows.map(([label = "", value = ""]) => [`  ${label}`, value]))}`);
  await showNext(command, name);
}

/** What a renewed profile keeps: it has credentials of its own now. */
const withoutLogin = (old: Profile | undefined): Partial<Profile> => {
  const { login: _, ...rest } = old ?? {};
  return rest;
};

/** A server that asks for no token: a person may keep the way to it all the same. */
async function openServer(
  command: Command,
  asker: Asker | undefined,
  server: string,
  save: () => Promise<string>,
): Promise<undefined> {
  const { output } = command;
  const at = withoutUrlSecrets(server);
  asker?.say(`${at} asks for no authorization`);
  if (!(await asker?.yes("keep the way to it under a name", true))) {
    output.data({ profile: null, server: at, authorization: null });
    output.print(`${at} asks for no authorization: m2mcp connect ${at} @name is all it needs`);
    return;
  }
  const name = await save();
  output.data({ profile: name, server: at, authorization: null });
  output.print(`connected @${name} to ${at}`);
  await showNext(command, name);
}
