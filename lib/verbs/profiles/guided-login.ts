import type { Credentials, Discovered } from "../../auth/credentials.ts";
import { discoverFirst } from "../../auth/discovery/cached.ts";
import { grantsForPeople } from "../../auth/grants/hints.ts";
import type { Command } from "../../command-line/command.ts";
import { M2mcpError, withoutUrlSecrets } from "../../failure.ts";
import { type Asker, askerAt } from "../../ui/ask.ts";
import { table } from "../../ui/table.ts";
import { missingOf, readTokenRequest } from "../credentials/credential-options.ts";
import { authDeps } from "../target/auth-deps.ts";
import { profileName } from "../target/server-url.ts";
import type { Target } from "../target/target.ts";
import { askCredentials } from "./ask-credentials.ts";
import { explained } from "./first-request.ts";

/** The person at the terminal, where something is missing that can be typed. */
export function guideOf({ options, io }: Command): Asker | undefined {
  const { id, proof } = missingOf(options);
  return id || proof ? askerAt(io) : undefined;
}

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
  const known = await discoverFirst(deps, server, readTokenRequest(command.options)).catch(
    async (error: unknown) => {
      throw await explained(command, target, error, "discovery");
    },
  );
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

/** Names that are refused before that is an error. */
const MOST_TRIES = 3;

/**
 * The name to keep a connection under, as a person chooses it.
 *
 * @param usual what Enter alone stands for
 * @param refused why a name cannot be taken, in words; undefined where it can
 * @throws M2mcpError (exit 1) after three that cannot be
 */
export async function askName(
  asker: Asker,
  usual: string,
  refused: (name: string) => Promise<M2mcpError | undefined>,
): Promise<string> {
  for (let tries = 1; ; tries++) {
    const typed = (await asker.line("name to keep it under", usual)) || usual;
    const fault = await nameOf(typed, refused);
    if (typeof fault === "string") return fault;
    if (tries === MOST_TRIES) throw fault;
    asker.say(fault.message);
  }
}

async function nameOf(
  typed: string,
  refused: (name: string) => Promise<M2mcpError | undefined>,
): Promise<string | M2mcpError> {
  try {
    const name = profileName(typed.startsWith("@") ? typed : `@${typed}`);
    return (await refused(name)) ?? name;
  } catch (error) {
    if (error instanceof M2mcpError) return error;
    throw error;
  }
}
