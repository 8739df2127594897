import { resolve } from "node:path";
import type {
  AssertionSource,
  ClientAuthentication,
  Credentials,
  Grant,
  SecretSource,
} from "../../auth/credentials.ts";
import type { Options } from "../../command-line/arguments.ts";
import { type OptionName, variableOf } from "../../command-line/options.ts";
import { nearest } from "../../command-line/suggest.ts";
import { M2mcpError, wrongUsage } from "../../failure.ts";

/** How option values turn into secrets. */
export interface SecretReading {
  cwd: string;
  /** Text of a file or output of a command. @throws M2mcpError */
  read(source: SecretSource): Promise<string>;
  stdin(): Promise<string>;
  /** Asks at a terminal without showing what is typed; absent where there is none. */
  prompt?(question: string): Promise<string>;
  /** Keep what files and commands yield (login), or where it comes from (a run without a profile). */
  keep: "value" | "source";
}

const SECRETS = ["client-secret", "client-secret-file", "client-secret-command"] as const;
const ASSERTIONS = ["client-assertion-file", "client-assertion-command", "assertion"] as const;
const PROOFS = [...SECRETS, "private-key", ...ASSERTIONS, "client-cert"] as const;
const GRANTS: readonly Grant[] = ["client-credentials", "jwt-bearer"];
const METHODS = [
  "client_secret_basic",
  "client_secret_post",
  "private_key_jwt",
  "tls_client_auth",
  "self_signed_tls_client_auth",
  "none",
] as const;

/** Whether flags or variables say who the client is. */
export const namesCredentials = (options: Options): boolean =>
  (["client-id", ...PROOFS] as const).some((name) => options.origin(name) !== undefined);

/** Whether any credential option stands on the command line itself. */
export const flagsCredentials = (options: Options): boolean =>
  (["client-id", ...PROOFS] as const).some((name) => options.origin(name) === "flag");

/**
 * Credentials from flags and variables. Where both name a way to prove the client, the flag's counts.
 *
 * @throws M2mcpError (exit 1) naming the flags and variables that are missing, wrong or in each other's way
 */
export async function readCredentials(options: Options, reading: SecretReading): Promise<Credentials> {
  const grant = readGrant(options);
  const keep = options.on("no-store-secret") ? "source" : reading.keep;
  const read = (source: SecretSource, option: OptionName): Promise<string> =>
    reading.read(source).catch((error: unknown) => {
      if (source.from !== "file" || !(error instanceof M2mcpError)) throw error;
      // The path is not repeated: the secret itself may stand there by mistake.
      throw wrongUsage(
        `cannot read the file of --${option}`,
        `check the path and its permissions; --${option} and ${variableOf(option)} take a path`,
      );
    });
  const kept = async (source: SecretSource, option: OptionName): Promise<SecretSource> => {
    if (source.from === "value" || (source.from === "command" && keep === "source")) return source;
    const value = await read(source, option);
    return keep === "source" ? source : { from: "value", value };
  };
  const file = (path: string): SecretSource =>
    isPem(path) ? { from: "value", value: path } : { from: "file", path: resolve(reading.cwd, path) };

  const clientId = options.value("client-id") ?? "";
  const proof = chosen(options, grant === "jwt-bearer" ? PROOFS.filter(isNoAssertion) : PROOFS);
  const method = readMethod(options);
  const assertion = chosen(options, ASSERTIONS);

  const missing: string[] = [];
  if (clientId === "" && grant === "client-credentials") missing.push("client id");
  if (!proof && grant === "client-credentials" && method !== "none" && !reading.prompt)
    missing.push("client secret or key");
  if (grant === "jwt-bearer" && !assertion) missing.push("assertion");
  if (missing.length > 0) throw missingCredentials(missing);

  const authentication = await proveBy(proof);
  const tls = await readTls();
  const resource = options.value("resource");
  if (options.on("no-resource") && resource !== undefined)
    throw wrongUsage("--resource and --no-resource exclude each other", "give one of them");
  const audience = options.value("assertion-audience");
  if (audience !== undefined && !/^(issuer|token-endpoint)$/.test(audience) && !URL.canParse(audience))
    throw wrongUsage(
      `unknown --assertion-audience ${audience}`,
      "it is issuer, token-endpoint or the audience itself, a URI",
    );

  const credentials: Credentials = { grant, clientId, authentication };
  if (grant === "jwt-bearer" && assertion) credentials.assertion = await assertionSource(assertion);
  if (audience) credentials.assertionAudience = audience;
  const issuer = options.value("issuer");
  if (issuer !== undefined) credentials.issuer = checkedUrl("issuer", issuer);
  const scope = options.value("scope");
  if (scope !== undefined) credentials.scope = scope;
  const tokenEndpoint = options.value("token-endpoint");
  if (tokenEndpoint !== undefined) credentials.tokenEndpoint = checkedUrl("token-endpoint", tokenEndpoint);
  if (options.on("no-resource")) credentials.resource = null;
  else if (resource !== undefined) credentials.resource = checkedUrl("resource", resource, "uri");
  const tokenAudience = options.value("audience");
  if (tokenAudience !== undefined) credentials.audience = tokenAudience;
  const params = options.values("token-param").map(tokenParam);
  if (params.length > 0) credentials.tokenParams = params;
  if (options.on("dpop")) credentials.dpop = true;
  if (tls) credentials.tls = tls;
  return credentials;

  async function proveBy(option: OptionName | undefined): Promise<ClientAuthentication> {
    switch (option) {
      case "client-secret":
      case "client-secret-file":
      case "client-secret-command":
        return withMethod(await secretFrom(option));
      case "private-key":
        expectMethod("private_key_jwt", option);
        return privateKey();
      case "client-assertion-file":
      case "client-assertion-command":
      case "assertion":
        expectMethod("private_key_jwt", option);
        return { kind: "assertion", assertion: await assertionSource(option) };
      case "client-cert":
        if (method !== "self_signed_tls_client_auth") expectMethod("tls_client_auth", option);
        return { kind: "tls" };
      default:
        if (grant === "jwt-bearer" || method === "none" || !reading.prompt) return { kind: "none" };
        return withMethod({ from: "value", value: await reading.prompt(`secret of client ${clientId}: `) });
    }
  }

  async function secretFrom(option: (typeof SECRETS)[number]): Promise<SecretSource> {
    const text = options.value(option) ?? "";
    if (option === "client-secret-file")
      return kept({ from: "file", path: resolve(reading.cwd, text) }, option);
    if (option === "client-secret-command") return kept({ from: "command", command: text }, option);
    if (options.on("no-store-secret"))
      throw wrongUsage(
        "--no-store-secret needs a place to read the secret from again",
        "give --client-secret-file PATH or --client-secret-command COMMAND",
      );
    const typed = text === "-" && options.origin(option) === "flag";
    const value = typed ? (await reading.stdin()).replace(/\r?\n$/, "") : text;
    if (value === "") throw wrongUsage("the client secret is empty", "check where it comes from");
    return { from: "value", value };
  }

  function withMethod(secret: SecretSource): ClientAuthentication {
    if (method === undefined) return { kind: "secret", secret };
    if (method === "client_secret_basic" || method === "client_secret_post")
      return { kind: "secret", method, secret };
    throw wrongUsage(
      `--auth-method ${method} takes no client secret`,
      "use client_secret_basic or client_secret_post",
    );
  }

  function expectMethod(expected: string, option: OptionName) {
    if (method !== undefined && method !== expected)
      throw wrongUsage(
        `--auth-method ${method} does not go with --${option}`,
        `leave it out, or say ${expected}`,
      );
  }

  async function privateKey(): Promise<ClientAuthentication> {
    const key = await kept(file(options.value("private-key") ?? ""), "private-key");
    const passphrase = options.value("private-key-passphrase-file");
    const keyId = options.value("key-id");
    const signingAlg = options.value("signing-alg");
    const certificate = options.value("certificate");
    return {
      kind: "private_key",
      key,
      ...(passphrase === undefined
        ? {}
        : { passphrase: await kept(file(passphrase), "private-key-passphrase-file") }),
      ...(keyId === undefined ? {} : { keyId }),
      ...(signingAlg === undefined ? {} : { signingAlg }),
      ...(certificate === undefined ? {} : { certificate: await kept(file(certificate), "certificate") }),
    };
  }

  async function readTls(): Promise<Credentials["tls"]> {
    const cert = options.value("client-cert");
    const key = options.value("client-key");
    if (cert === undefined && key === undefined) return undefined;
    if (cert === undefined || key === undefined)
      throw wrongUsage(
        "mutual TLS needs a certificate and its key",
        "give both --client-cert PATH and --client-key PATH",
      );
    return { cert: await kept(file(cert), "client-cert"), key: await kept(file(key), "client-key") };
  }

  async function assertionSource(option: (typeof ASSERTIONS)[number]): Promise<AssertionSource> {
    const text = options.value(option) ?? "";
    if (option === "client-assertion-file") {
      const source = { from: "file", path: resolve(reading.cwd, text) } as const;
      await read(source, option);
      return source;
    }
    if (option === "client-assertion-command") return { from: "command", command: text };
    if (text !== "github-actions")
      throw wrongUsage(`unknown platform ${text}`, "--assertion knows github-actions");
    return { from: "github-actions" };
  }
}

const isNoAssertion = (name: OptionName) => !(ASSERTIONS as readonly OptionName[]).includes(name);

/** Which of several options counts: a flag before a variable; two of a kind are an error. */
function chosen<Name extends OptionName>(options: Options, names: readonly Name[]): Name | undefined {
  for (const origin of ["flag", "variable"] as const) {
    const given = names.filter((name) => options.origin(name) === origin);
    // A client certificate may come on top of another proof: tokens are bound to it then.
    const proofs = given.length > 1 ? given.filter((name) => name !== "client-cert") : given;
    if (proofs.length > 1) {
      const spelling = proofs.map((name) => (origin === "flag" ? `--${name}` : variableOf(name)));
      throw wrongUsage(`${spelling.join(" and ")} exclude each other`, "give one of them");
    }
    if (proofs[0]) return proofs[0];
  }
  return undefined;
}

function readGrant(options: Options): Grant {
  const text = options.value("grant") ?? "client-credentials";
  const grant = GRANTS.find((known) => known === text.replaceAll("_", "-"));
  if (grant) return grant;
  const near = nearest(text, GRANTS);
  throw wrongUsage(
    `unknown grant ${text}: there are ${GRANTS.join(" and ")}`,
    near ? `did you mean --grant ${near}` : "grants that need a person at a browser are not for machines",
  );
}

function readMethod(options: Options) {
  const text = options.value("auth-method");
  if (text === undefined) return undefined;
  const method = METHODS.find((known) => known === text);
  if (!method) throw wrongUsage(`unknown --auth-method ${text}`, `there are ${METHODS.join(", ")}`);
  return method;
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
        "(M2MCP_CLIENT_ASSERTION_COMMAND), --assertion github-actions",
    );
  return wrongUsage(`no ${missing.join(" and no ")} given`, `give ${ways.join(" and ")}`);
}

function tokenParam(text: string): [string, string] {
  const equals = text.indexOf("=");
  if (equals < 1)
    throw wrongUsage("a --token-param is not of the form name=value", "write --token-param name=value");
  return [text.slice(0, equals), text.slice(equals + 1)];
}

function checkedUrl(option: OptionName, text: string, kind: "web" | "uri" = "web"): string {
  const url = URL.parse(text);
  if (!url || (kind === "web" && url.protocol !== "https:" && url.protocol !== "http:"))
    throw wrongUsage(`--${option} ${text} is no URL`, "write it in full, with https://");
  return text;
}

/** A key given as text rather than by path, as variables in CI often are. */
const isPem = (text: string) =>
  text.trimStart().startsWith("-----BEGIN ") || text.trimStart().startsWith("{");
