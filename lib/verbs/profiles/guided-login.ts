import type { Credentials, Discovered } from "../../auth/credentials.ts";
import { discoverFirst } from "../../auth/discovery/cached.ts";
import { absence } from "../../auth/discovery/explain.ts";
import { grantsForPeople } from "../../auth/grants/for-people.ts";
import type { Command } from "../../command-line/command.ts";
import { withoutUrlSecrets } from "../../failure.ts";
import type { Asker } from "../../ui/ask.ts";
import { table } from "../../ui/table.ts";
import { readTokenRequest } from "../credentials/token-request.ts";
import { authDeps } from "../target/auth-deps.ts";
import type { Target } from "../target/target.ts";
import { askCredentials } from "./ask-credentials.ts";

/** What was found of a server, and what a person said of the client; null where the server asks for no token. */
export type Guided = { credentials: Credentials; known: Discovered } | null;

/**
 * Looks at a server before anything is asked, says what it found, and asks for what is missing.
 *
 * @param target without credentials
 * @param usualId the client's id of the login that is renewed
 * @throws M2mcpError what discovery throws; not_mcp, sign_in_page; usage without an answer
 */
export async function guidedLogin(
  command: Command,
  asker: Asker,
  target: Target,
  usualId: string | undefined,
): Promise<Guided> {
  const { server } = target;
  const deps = await authDeps(command, target);
  // Ahead of all questions: nobody types a secret for a path that is none.
  const absent = await absence(deps, server);
  if (absent) throw absent;
  const known = await discoverFirst(deps, server, readTokenRequest(command.options));
  if (!known) return null;
  asker.say(`${withoutUrlSecrets(server)} wants a token`);
  for (const line of table(rowsOf(known)).split("\n")) asker.say(line);
  const people = grantsForPeople(known.grants);
  if (people)
    asker.say(
      `its metadata names no grant for machines, only ${people.join(", ")}: it may want a person at a browser`,
    );
  return { credentials: await askCredentials(command, asker, known, usualId), known };
}

/** What a person may want to compare with what they were told of the server. */
function rowsOf({ resource, issuer, tokenEndpoint, scope, authMethods }: Discovered): string[][] {
  return [
    ["  resource", withoutUrlSecrets(resource)],
    ["  issuer", issuer ?? `not discovered; token endpoint ${withoutUrlSecrets(tokenEndpoint)}`],
    ["  scopes", scope ?? "none named"],
    ["  client's proof", authMethods?.join(", ") ?? "not said, so client_secret_basic"],
  ];
}
