import type {
  ClientAuthentication,
  Credentials,
  KeySource,
  SecretSource,
  SigningSource,
} from "../../auth/credentials.ts";
import type { Options } from "../../command-line/option-values.ts";
import type { OptionName } from "../../command-line/options.ts";
import { wrongUsage } from "../../failure.ts";
import {
  ASSERTIONS,
  chosen,
  type Method,
  PROOFS,
  readGrant,
  readMethod,
  readTokenRequest,
  wantsClientId,
} from "./credential-options.ts";
import type { SecretReading } from "./secret-reading.ts";
import { checkedText, createSecretSources, type SecretSources } from "./secret-sources.ts";
import { svidNamed } from "./svid.ts";

/**
 * Credentials from flags and variables. Where both name a way to prove the client, the flag's counts.
 *
 * @throws M2mcpError (exit 1) naming the flags and variables that are missing, wrong or in each other's way
 */
export async function readCredentials(options: Options, reading: SecretReading): Promise<Credentials> {
  const grant = readGrant(options);
  const id = options.value("client-id") ?? "";
  const clientId = id === "" ? "" : checkedText(id, "client id", "client-id");
  const proof = chosen(options, grant === "jwt-bearer" ? PROOFS.filter(isNoAssertion) : PROOFS);
  const method = readMethod(options);
  const assertion = chosen(options, ASSERTIONS);

  const missing: string[] = [];
  if (clientId === "" && wantsClientId(options)) missing.push("client id");
  if (!proof && grant === "client-credentials" && method !== "none" && !reading.prompt)
    missing.push("client secret or key");
  if (grant === "jwt-bearer" && !assertion) missing.push("assertion");
  if (missing.length > 0) throw missingCredentials(missing);

  const sources = createSecretSources(options, reading);
  const asked = () => {
    if (grant === "jwt-bearer" || method === "none") return undefined;
    return reading.prompt?.(`secret of client ${clientId}`);
  };
  const authentication = await authenticationBy(proof, { options, method, sources, asked });
  const tls = await readTls(options, sources);
  // An X.509-SVID is the proof of the client that its SPIFFE id names (draft-ietf-oauth-spiffe-client-auth).
  const named = clientId === "" && authentication.kind === "tls" && tls && "from" in tls;
  const tokenRequest = readTokenRequest(options);
  return {
    grant,
    clientId: named ? await reading.spiffeId(tls) : clientId,
    authentication,
    ...(grant === "jwt-bearer" && assertion ? { assertion: await sources.assertion(assertion) } : {}),
    ...tokenRequest,
    ...(tls ? { tls } : {}),
  };
}

const isNoAssertion = (name: OptionName) => !(ASSERTIONS as readonly OptionName[]).includes(name);

interface Proving {
  options: Options;
  method: Method | undefined;
  sources: SecretSources;
  /** The secret as typed at a terminal; undefined where it is not asked for. */
  asked(): Promise<string> | undefined;
}

/** How the client proves itself to the authorization server, by the option that was chosen. */
async function authenticationBy(
  option: (typeof PROOFS)[number] | undefined,
  { options, method, sources, asked }: Proving,
): Promise<ClientAuthentication> {
  switch (option) {
    case "client-secret":
    case "client-secret-file":
    case "client-secret-command":
      return bySecret(await sources.secret(option), method);
    case "private-key":
      expectMethod(method, "private_key_jwt", option);
      return {
        kind: "private_key",
        ...(await signingSource(options, sources, await privateKey(options, sources))),
      };
    case "sign-command":
      expectMethod(method, "private_key_jwt", option);
      return { kind: "private_key", ...(await signingSource(options, sources, signCommand(options))) };
    case "client-assertion-file":
    case "client-assertion-command":
    case "client-assertion-env":
    case "assertion":
      expectMethod(method, "private_key_jwt", option);
      return { kind: "assertion", assertion: await sources.assertion(option) };
    case "client-cert":
      if (method !== "self_signed_tls_client_auth") expectMethod(method, "tls_client_auth", option);
      return { kind: "tls" };
    case undefined: {
      const typed = await asked();
      return typed === undefined ? { kind: "none" } : bySecret({ from: "value", value: typed }, method);
    }
  }
}

function bySecret(secret: SecretSource, method: Method | undefined): ClientAuthentication {
  if (method === undefined) return { kind: "secret", secret };
  if (method === "client_secret_basic" || method === "client_secret_post")
    return { kind: "secret", method, secret };
  throw wrongUsage(
    `--auth-method ${method} takes no client secret`,
    "use client_secret_basic or client_secret_post",
  );
}

function expectMethod(method: Method | undefined, expected: Method, option: OptionName): void {
  if (method !== undefined && method !== expected)
    throw wrongUsage(
      `--auth-method ${method} does not go with --${option}`,
      `leave it out, or say ${expected}`,
    );
}

const privateKey = (options: Options, sources: SecretSources): Promise<KeySource> =>
  sources.pem("private-key", options.value("private-key") ?? "");

/** @throws M2mcpError (exit 1) where nothing says what the command signs with */
function signCommand(options: Options): KeySource {
  if (options.value("signing-alg") === undefined && options.value("certificate") === undefined)
    throw wrongUsage(
      "--sign-command needs to know what its key signs with",
      "give --signing-alg, or --certificate PATH for the key's own certificate",
    );
  return { from: "sign-command", command: options.value("sign-command") ?? "" };
}

/** A key with all that the options say of it. */
async function signingSource(
  options: Options,
  sources: SecretSources,
  key: KeySource,
): Promise<SigningSource> {
  const passphrase =
    key.from === "sign-command" ? undefined : await optional(options, sources, "private-key-passphrase-file");
  const certificate = await optional(options, sources, "certificate");
  const keyId = options.value("key-id");
  const signingAlg = options.value("signing-alg");
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

/** The certificate of mutual TLS and its key. @throws M2mcpError (exit 1) where one of the two is missing */
export async function readTls(options: Options, sources: SecretSources): Promise<Credentials["tls"]> {
  const [cert, key] = [options.value("client-cert"), options.value("client-key")];
  const svid = cert === undefined ? undefined : svidNamed(cert);
  if (svid && key === undefined) return svid;
  if (svid) throw wrongUsage("--client-cert spiffe brings its own key", "leave out --client-key");
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined)
    throw wrongUsage(
      "mutual TLS needs a certificate and its key",
      "give both --client-cert PATH and --client-key PATH, or --client-cert spiffe",
    );
  return { cert: await sources.pem("client-cert", cert), key: await sources.pem("client-key", key) };
}

function missingCredentials(missing: string[]) {
  const ways: string[] = [];
  if (missing.includes("client id")) ways.push("--client-id ID (M2MCP_CLIENT_ID)");
  if (missing.includes("client secret or key"))
    ways.push(
      "one of --client-secret SECRET (M2MCP_CLIENT_SECRET), --client-secret-file PATH " +
        "(M2MCP_CLIENT_SECRET_FILE), --private-key PATH (M2MCP_PRIVATE_KEY)",
    );
  if (missing.includes("assertion"))
    ways.push(
      "one of --client-assertion-file PATH (M2MCP_CLIENT_ASSERTION_FILE), --client-assertion-command COMMAND " +
        "(M2MCP_CLIENT_ASSERTION_COMMAND), --client-assertion-env NAME, --assertion PLATFORM",
    );
  return wrongUsage(`no ${missing.join(" and no ")} given`, `give ${ways.join(" and ")}`);
}
