import type { Credentials, Discovered } from "../../auth/credentials.ts";
import type { Command } from "../../command-line/command.ts";
import type { Options } from "../../command-line/option-values.ts";
import type { OptionName } from "../../command-line/options.ts";
import { wrongUsage } from "../../failure.ts";
import { type Asker, askerAt, type Choice } from "../../ui/ask.ts";
import { missingOf } from "../credentials/credential-options.ts";
import { readCredentials } from "../credentials/credentials.ts";
import { refuseIdle } from "../credentials/idle-options.ts";
import { secretReading } from "../credentials/secret-reading.ts";

/** The person at the terminal, where something is missing that can be typed. */
export function guideOf({ options, io }: Command): Asker | undefined {
  const { id, proof } = missingOf(options);
  return id || proof ? askerAt(io) : undefined;
}

/** How a person may prove the client: what is asked for then. */
type Proof = "secret" | "key" | "certificate";

/**
 * Credentials of flags and variables, to be kept, and what is missing of them as a person types it: the client's id,
 * how it proves itself where the server leaves a choice, the secret, which is not shown, or the path of a key.
 *
 * @param known what the authorization server says of itself
 * @param usualId the client's id of the login that is renewed
 * @throws M2mcpError (exit 1) where no answer is given, or what is given cannot be right
 */
export async function askCredentials(
  command: Command,
  asker: Asker,
  known: Pick<Discovered, "authMethods">,
  usualId: string | undefined,
): Promise<Credentials> {
  const missing = missingOf(command.options);
  const answers = new Map<OptionName, string>();
  if (missing.id)
    answers.set("client-id", await needed(() => asker.line("client id", usualId || undefined), "client id"));
  const proof = missing.proof ? await askProof(asker, known.authMethods) : undefined;
  if (proof === "key")
    answers.set("private-key", await needed(() => asker.line("path of the private key"), "private key"));
  if (proof === "certificate") {
    answers.set(
      "client-cert",
      await needed(() => asker.line("path of the client certificate"), "client certificate"),
    );
    answers.set("client-key", await needed(() => asker.line("path of its private key"), "private key"));
  }
  const reading = secretReading(command, "value");
  reading.prompt = (question) => needed(() => asker.hidden(question), "client secret");
  const options = withAnswers(command.options, answers);
  refuseIdle(options);
  return readCredentials(options, reading);
}

const WHAT_TO_GIVE = {
  "client id": "give --client-id",
  "client secret": "give --client-secret or --client-secret-file",
  "private key": "give --private-key",
  "client certificate": "give --client-cert and --client-key",
};

/** How often is asked what has to be answered: Enter alone is a slip, Ctrl-D is none. */
const MOST_TRIES = 3;

async function needed(ask: () => Promise<string | null>, what: keyof typeof WHAT_TO_GIVE): Promise<string> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const typed = await ask();
    if (typed === null) break;
    if (typed !== "") return typed;
  }
  throw wrongUsage(`no ${what} given`, WHAT_TO_GIVE[what]);
}

/** What each method of the metadata wants of a person (RFC 8414 §2, RFC 8705). */
const PROOF_OF: Record<string, Proof> = {
  client_secret_basic: "secret",
  client_secret_post: "secret",
  private_key_jwt: "key",
  tls_client_auth: "certificate",
  self_signed_tls_client_auth: "certificate",
};

const IN_WORDS: Record<Proof, string> = {
  secret: "by a secret",
  key: "by a private key in a file (private_key_jwt)",
  certificate: "by a client certificate (mutual TLS)",
};

/** The one way that the server takes, else the one that is chosen; a secret where it says nothing. */
async function askProof(asker: Asker, methods: readonly string[] | undefined): Promise<Proof> {
  const offered = new Set((methods ?? []).flatMap((method) => PROOF_OF[method] ?? []));
  const proofs = (Object.keys(IN_WORDS) as Proof[]).filter((proof) => offered.has(proof));
  const [first = "secret", ...others] = proofs;
  if (others.length === 0) return first;
  const choices: Choice<Proof>[] = proofs.map((proof) => ({ value: proof, about: IN_WORDS[proof] }));
  const chosen = await asker.choice("how does the client prove itself", choices);
  if (chosen === null)
    throw wrongUsage("no way to prove the client chosen", "give --client-secret or --private-key");
  return chosen;
}

/** Options in which answers count as if they had been given on the command line. */
const withAnswers = (options: Options, answers: ReadonlyMap<OptionName, string>): Options => ({
  ...options,
  value: (name) => answers.get(name) ?? options.value(name),
  values: (name) => (answers.has(name) ? [answers.get(name) ?? ""] : options.values(name)),
  origin: (name) => (answers.has(name) ? "flag" : options.origin(name)),
});
