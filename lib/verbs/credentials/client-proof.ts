import type { ClientAuthentication, KeySource, SecretSource, SigningSource } from "../../auth/credentials.ts";
import { type Options, spelt } from "../../command-line/option-values.ts";
import type { OptionName } from "../../command-line/options.ts";
import { wrongUsage } from "../../failure.ts";
import { type Method, type PROOFS, readMethod } from "./credential-options.ts";
import type { SecretSources } from "./secret-sources.ts";

/** What a client proves itself with. */
export interface Proving {
  options: Options;
  sources: SecretSources;
  /** The secret as typed at a terminal; undefined where it is not asked for. */
  asked(): Promise<string> | undefined;
}

/**
 * How the client proves itself to an authorization server, by the option that was chosen.
 *
 * @throws M2mcpError (exit 1) naming the option that does not go with another
 */
export async function authenticationBy(
  option: (typeof PROOFS)[number] | undefined,
  { options, sources, asked }: Proving,
): Promise<ClientAuthentication> {
  const method = readMethod(options);
  const expect = (expected: Method) => expectMethod(options, method, expected, option ?? "client-id");
  switch (option) {
    case "client-secret":
    case "client-secret-file":
    case "client-secret-command":
      return bySecret(options, await sources.secret(option), method);
    case "private-key":
    case "sign-command":
      expect("private_key_jwt");
      return { kind: "private_key", ...(await signingSource(option, options, sources)) };
    case "client-assertion-file":
    case "client-assertion-command":
    case "client-assertion-env":
    case "assertion":
      expect("private_key_jwt");
      return { kind: "assertion", assertion: await sources.assertion(option) };
    case "client-cert":
      if (method !== "self_signed_tls_client_auth") expect("tls_client_auth");
      return { kind: "tls" };
    case undefined: {
      const typed = await asked();
      return typed === undefined
        ? { kind: "none" }
        : bySecret(options, { from: "value", value: typed }, method);
    }
  }
}

function bySecret(options: Options, secret: SecretSource, method: Method | undefined): ClientAuthentication {
  if (method === undefined) return { kind: "secret", secret };
  if (method === "client_secret_basic" || method === "client_secret_post")
    return { kind: "secret", method, secret };
  throw wrongUsage(
    `--${spelt(options, "auth-method")} ${method} takes no client secret`,
    "use client_secret_basic or client_secret_post",
  );
}

function expectMethod(
  options: Options,
  method: Method | undefined,
  expected: Method,
  option: OptionName,
): void {
  if (method !== undefined && method !== expected)
    throw wrongUsage(
      `--${spelt(options, "auth-method")} ${method} does not go with --${spelt(options, option)}`,
      `leave it out, or say ${expected}`,
    );
}

/**
 * A key that signs, with all that the options say of it.
 *
 * @throws M2mcpError (exit 1) where nothing says what a command signs with
 */
export async function signingSource(
  option: "private-key" | "sign-command",
  options: Options,
  sources: SecretSources,
): Promise<SigningSource> {
  const key: KeySource =
    option === "sign-command"
      ? { from: "sign-command", command: options.value("sign-command") ?? "" }
      : await sources.pem("private-key", options.value("private-key") ?? "");
  const passphrase =
    option === "sign-command" ? undefined : await optional(options, sources, "private-key-passphrase-file");
  const certificate = await optional(options, sources, "certificate");
  const keyId = options.value("key-id");
  const signingAlg = options.value("signing-alg");
  if (option === "sign-command" && signingAlg === undefined && !certificate)
    throw wrongUsage(
      `--${spelt(options, option)} needs to know what its key signs with`,
      `give --${spelt(options, "signing-alg")}, or --${spelt(options, "certificate")} PATH for the key's own certificate`,
    );
  return {
    key,
    ...(passphrase ? { passphrase } : {}),
    ...(keyId === undefined ? {} : { keyId }),
    ...(signingAlg === undefined ? {} : { signingAlg }),
    ...(certificate ? { certificate } : {}),
  };
}

async function optional(options: Options, sources: SecretSources, option: OptionName) {
  const path = options.value(option);
  return path === undefined ? undefined : sources.pem(option, path);
}
