import { describe, expect, test } from "bun:test";
import type { SecretSource } from "../../lib/auth/credentials.ts";
import { parseArguments } from "../../lib/command-line/arguments/parse.ts";
import { readOptions } from "../../lib/command-line/option-values.ts";
import { OPTION_NAMES } from "../../lib/command-line/options.ts";
import { M2mcpError } from "../../lib/failure.ts";
import { namesCredentials } from "../../lib/verbs/credentials/credential-options.ts";
import { readCredentials } from "../../lib/verbs/credentials/credentials.ts";
import type { SecretReading } from "../../lib/verbs/credentials/secret-reading.ts";

const options = (argv: string[], env: Record<string, string> = {}) =>
  readOptions(parseArguments(argv).given, env, OPTION_NAMES, "login");

const reading = (more: Partial<SecretReading> = {}): SecretReading => ({
  cwd: "/work",
  keep: "value",
  read: async (source: SecretSource) => `read from ${source.from === "file" ? source.path : source.from}`,
  spiffeId: async ({ identity }) => identity ?? "spiffe://example.org/default",
  stdin: async () => "typed in\n",
  ...more,
});
const read = (argv: string[], env: Record<string, string> = {}, more: Partial<SecretReading> = {}) =>
  readCredentials(options(argv, env), reading(more));

async function refusal(argv: string[], env: Record<string, string> = {}): Promise<M2mcpError> {
  const error = await read(argv, env).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof M2mcpError)) throw new Error("no M2mcpError was thrown");
  expect(error.exitCode).toBe(1);
  return error;
}

describe("where the secret comes from", () => {
  test("the flag, a number-like value too", async () => {
    expect(await read(["--client-id", "00123", "--client-secret", "1e5"])).toEqual({
      grant: "client-credentials",
      clientId: "00123",
      authentication: { kind: "secret", secret: { from: "value", value: "1e5" } },
    });
  });
  test("stdin, without the newline at its end", async () => {
    const { authentication } = await read(["--client-id", "a", "--client-secret", "-"]);
    expect(authentication).toEqual({ kind: "secret", secret: { from: "value", value: "typed in" } });
  });
  test("a variable; - in it is only a dash", async () => {
    const { authentication } = await read([], { M2MCP_CLIENT_ID: "a", M2MCP_CLIENT_SECRET: "-" });
    expect(authentication).toEqual({ kind: "secret", secret: { from: "value", value: "-" } });
  });
  test("a file: read once, or named with --no-store-secret", async () => {
    const argv = ["--client-id", "a", "--client-secret-file", "s.txt"];
    expect((await read(argv)).authentication).toEqual({
      kind: "secret",
      secret: { from: "value", value: "read from /work/s.txt" },
    });
    const named = { kind: "secret" as const, secret: { from: "file" as const, path: "/work/s.txt" } };
    expect((await read([...argv, "--no-store-secret"])).authentication).toEqual(named);
    expect((await read(argv, {}, { keep: "source" })).authentication).toEqual(named);
  });
  test("a prompt, where there is a terminal", async () => {
    const { authentication } = await read(["--client-id", "a"], {}, { prompt: async () => "hidden" });
    expect(authentication).toEqual({ kind: "secret", secret: { from: "value", value: "hidden" } });
  });
  test("the flag's kind beats the variable's", async () => {
    const { authentication } = await read(["--client-id", "a", "--private-key", "k.pem"], {
      M2MCP_CLIENT_SECRET: "s",
    });
    expect(authentication).toEqual({
      kind: "private_key",
      key: { from: "value", value: "read from /work/k.pem" },
    });
  });
});

describe("other proofs", () => {
  test("a key given as text, with all that belongs to it", async () => {
    const { authentication } = await read(
      ["--client-id", "a", "--key-id", "k1", "--signing-alg", "ES256", "--certificate", "c.pem"],
      { M2MCP_PRIVATE_KEY: "-----BEGIN PRIVATE KEY-----\nx" },
    );
    expect(authentication).toEqual({
      kind: "private_key",
      key: { from: "value", value: "-----BEGIN PRIVATE KEY-----\nx" },
      keyId: "k1",
      signingAlg: "ES256",
      certificate: { from: "value", value: "read from /work/c.pem" },
    });
  });
  test("an assertion's source is kept, never its text", async () => {
    const { authentication } = await read(["--client-id", "a", "--client-assertion-file", "/run/token"]);
    expect(authentication).toEqual({ kind: "assertion", assertion: { from: "file", path: "/run/token" } });
  });
  test("jwt-bearer needs no client id", async () => {
    expect(await read(["--grant", "jwt-bearer", "--assertion", "github-actions"])).toEqual({
      grant: "jwt-bearer",
      clientId: "",
      authentication: { kind: "none" },
      assertion: { from: "github-actions" },
    });
  });
  test("a client certificate alone is mutual TLS; beside a secret it binds tokens", async () => {
    const argv = ["--client-id", "a", "--client-cert", "c.pem", "--client-key", "k.pem"];
    const alone = await read(argv);
    expect(alone.authentication).toEqual({ kind: "tls" });
    expect(alone.tls).toMatchObject({ cert: { from: "value", value: "read from /work/c.pem" } });
    const both = await read([...argv, "--client-secret", "s"]);
    expect(both.authentication.kind).toBe("secret");
    expect(both.tls).toBeDefined();
  });
});

test("what goes into the token request", async () => {
  const credentials = await read([
    ...["--client-id", "a", "--client-secret", "s", "--auth-method", "client_secret_post"],
    ...["--scope", "x y", "--token-endpoint", "https://as.example/token", "--no-resource", "--dpop"],
    ...[
      "--audience",
      "api",
      "--token-param",
      "a=b=c",
      "--token-param",
      "d=",
      "--assertion-audience",
      "token-endpoint",
    ],
  ]);
  expect(credentials).toEqual({
    grant: "client-credentials",
    clientId: "a",
    authentication: { kind: "secret", method: "client_secret_post", secret: { from: "value", value: "s" } },
    assertionAudience: "token-endpoint",
    scope: "x y",
    tokenEndpoint: "https://as.example/token",
    resource: null,
    audience: "api",
    tokenParams: [
      ["a", "b=c"],
      ["d", ""],
    ],
    dpop: true,
  });
});

describe("refused, naming what mends it", () => {
  const who = ["--client-id", "a", "--client-secret", "s"];
  test("nothing given", async () => {
    const error = await refusal([]);
    expect(error.message).toBe("no client id and no client secret or key given");
    for (const word of [
      "--client-id",
      "M2MCP_CLIENT_ID",
      "--client-secret",
      "M2MCP_CLIENT_SECRET",
      "--private-key",
    ])
      expect(error.hint).toContain(word);
  });
  test("no assertion for jwt-bearer", async () => {
    expect((await refusal(["--grant", "jwt-bearer"])).hint).toContain("--client-assertion-file");
  });
  test("an unknown grant, naming those that exist", async () => {
    const error = await refusal([...who, "--grant", "authorization-code"]);
    expect(error.message).toBe(
      "unknown grant authorization-code: there are client-credentials, jwt-bearer, token-exchange, id-jag",
    );
  });
  for (const [argv, word] of [
    [[...who, "--private-key", "k"], "--client-secret and --private-key exclude each other"],
    [[...who, "--resource", "https://r", "--no-resource"], "exclude each other"],
    [[...who, "--auth-method", "private_key_jwt"], "takes no client secret"],
    [[...who, "--auth-method", "magic"], "unknown --auth-method magic"],
    [[...who, "--no-store-secret"], "--no-store-secret needs a place"],
    [[...who, "--client-cert", "c.pem"], "needs a certificate and its key"],
    [[...who, "--token-param", "novalue"], "not of the form name=value"],
    [[...who, "--token-endpoint", "as.example/token"], "is no URL"],
    [["--client-id", "a", "--client-secret", ""], "the client secret is empty"],
    [["--client-id", "a", "--assertion", "jenkins"], "unknown platform jenkins"],
  ] as const)
    test(argv.slice(-2).join(" "), async () => expect((await refusal([...argv])).message).toContain(word));
  test("never the secret itself", async () => {
    const { message, hint } = await refusal([
      ...["--client-id", "a", "--client-secret", "s3cr3t"],
      "--auth-method",
      "x",
    ]);
    expect(`${message}${hint}`).not.toContain("s3cr3t");
  });
});

test("a scope alone names no credentials", () => {
  expect(namesCredentials(options([], { M2MCP_SCOPE: "a" }))).toBe(false);
  expect(namesCredentials(options([], { M2MCP_CLIENT_ID: "a" }))).toBe(true);
});

describe("what editors, shells and hosts do to variables", () => {
  test("variables lose a byte order mark and the line ends at their end", async () => {
    const env = { M2MCP_CLIENT_ID: "\ufeffid\r\n", M2MCP_CLIENT_SECRET: "s\n\n", M2MCP_SCOPE: "a b\n" };
    expect(await read([], env)).toMatchObject({
      clientId: "id",
      scope: "a b",
      authentication: { secret: { value: "s" } },
    });
  });

  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: that is the fault
  for (const value of [
    "${MCP_SECRET}",
    "${env:MCP_SECRET}",
    "${input:secret}",
    "%MCP_SECRET%",
    "{{MCP_SECRET}}",
    "{env:MCP_SECRET}",
    "$env:MCP_SECRET",
    "#{MCP_SECRET}",
    "%(MCP_SECRET)s",
  ])
    for (const name of ["M2MCP_CLIENT_ID", "M2MCP_CLIENT_SECRET", "M2MCP_ISSUER"])
      test(`variables that nothing expanded are named: ${name}=${value}`, async () => {
        const error = await refusal([], { M2MCP_CLIENT_ID: "a", M2MCP_CLIENT_SECRET: "s", [name]: value });
        expect(error.message).toBe(`${name} holds a variable that nothing expanded`);
      });
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: that is the fault

  test("blank variables count as not set", async () => {
    const env = { M2MCP_CLIENT_ID: "id", M2MCP_CLIENT_SECRET: "s", M2MCP_ISSUER: " ", M2MCP_DPOP: "\n" };
    expect(await read([], env)).not.toHaveProperty("issuer");
  });

  test("an id and a secret with a control character are refused by name", async () => {
    for (const [name, what] of [
      ["M2MCP_CLIENT_ID", "client id"],
      ["M2MCP_CLIENT_SECRET", "client secret"],
    ] as const) {
      const env = { M2MCP_CLIENT_ID: "a", M2MCP_CLIENT_SECRET: "s", [name]: "two\nlines" };
      const { message } = await refusal([], env);
      expect(message).toContain(`the ${what} of`);
      expect(message).toContain("U+000A");
      expect(message).not.toContain("lines\n");
    }
  });
});

test("a secret from a pipe of the shell is read once, and cannot be named as a place to read again", async () => {
  const argv = ["--client-id", "a", "--client-secret-file", "/dev/fd/63"];
  const { authentication } = await read(argv, {}, { keep: "source" });
  expect(authentication).toMatchObject({ secret: { from: "value", value: "read from /dev/fd/63" } });
  expect((await refusal([...argv, "--no-store-secret"])).message).toContain("cannot be read again");
});
