// Keys that stay where they are: openssl signs in the place of a KMS, and a real authorization server verifies.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeProtectedHeader, exportJWK, importSPKI } from "jose";
import { homeForEachTest } from "../../support/home.ts";
import { until } from "../../support/waiting.ts";
import { startWorld, type World } from "../../support/world.ts";

const folder = mkdtempSync(join(tmpdir(), "m2mcp-sign-"));
const RSA = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
const PSS = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest";
const DGST = "openssl dgst -sign";
/** How openssl signs what is on stdin, by algorithm. */
const SIGNERS: Record<string, { key: string[]; command(key: string): string }> = {
  RS256: { key: RSA, command: (key) => `${DGST} ${key} -sha256` },
  PS256: { key: RSA, command: (key) => `${DGST} ${key} -sha256 ${PSS}` },
  ES256: {
    key: ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    command: (key) => `${DGST} ${key} -sha256 | openssl base64`,
  },
  ES384: {
    key: ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    command: (key) => `${DGST} ${key} -sha384 | basenc --base64url -w0`,
  },
  // It signs files alone.
  EdDSA: {
    key: ["ED25519"],
    command: (key) =>
      `f=$(mktemp) && cat > $f && openssl pkeyutl -sign -rawin -inkey ${key} -in $f; rm -f $f`,
  },
};
const keyOf = (alg: string) => join(folder, `${alg}.pem`);
const openssl = (...args: string[]) =>
  execFileSync("openssl", args, { stdio: ["ignore", "pipe", "ignore"] }).toString();

const home = homeForEachTest();
let world: World;
beforeAll(async () => {
  const clients = [];
  for (const [alg, { key }] of Object.entries(SIGNERS)) {
    openssl("genpkey", "-algorithm", ...key, "-out", keyOf(alg));
    const jwk = await exportJWK(await importSPKI(openssl("pkey", "-in", keyOf(alg), "-pubout"), alg));
    clients.push({
      client_id: `signs-${alg}`,
      token_endpoint_auth_method: "private_key_jwt" as const,
      token_endpoint_auth_signing_alg: alg as "RS256",
      jwks: { keys: [{ ...jwk, alg, use: "sig", kid: "kms" }] as never[] },
    });
  }
  world = await startWorld({ clients });
});
afterAll(async () => {
  await world.end();
  rmSync(folder, { recursive: true, force: true });
});
const login = (alg: string, command: string, ...more: string[]) =>
  home.run(["login", world.mcp.url, "@svc", "--client-id", `signs-${alg}`, "--signing-alg", alg, ...more], {
    env: { M2MCP_SIGN_COMMAND: command },
  });

for (const [alg, { command }] of Object.entries(SIGNERS))
  test(`a client proves itself with ${alg} by a key that only openssl has`, async () => {
    const { code, stderr } = await login(alg, command(keyOf(alg)), "--key-id", "kms");
    expect([code, stderr]).toEqual([0, stderr]);
    expect((await home.run(["@svc", "ping"])).code).toBe(0);
    const assertion = world.as.tokenRequests.at(-1)?.params.client_assertion ?? "";
    expect(decodeProtectedHeader(assertion)).toEqual({ alg, typ: "JWT", kid: "kms" });
    // The command is stored, nothing of the key is; its words are a secret as those of other commands.
    expect((await home.run(["profiles", "--json"])).stdout).not.toContain("openssl");
  });

test("a signing command is held to its certificate: another key is named before anything is sent", async () => {
  const cert = join(folder, "cert.pem");
  openssl(..."req -x509 -days 30 -subj /CN=machine -key".split(" "), keyOf("ES256"), "-out", cert);
  const before = world.as.arrivals();
  const right = SIGNERS.ES256?.command(keyOf("ES256")) ?? "";
  const told = await home.run(
    ["login", world.mcp.url, "@svc", "--client-id", "signs-ES256", "--certificate", cert],
    { env: { M2MCP_SIGN_COMMAND: right } },
  );
  expect([told.code, told.stderr]).toEqual([0, told.stderr]);
  openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", keyOf("other"));
  const wrong = SIGNERS.ES256?.command(keyOf("other")) ?? "";
  const { code, stderr } = await login("ES256", wrong, "--certificate", cert);
  expect(code).toBe(4);
  expect(stderr).toContain("what signed is not the key of the certificate");
  expect(world.as.arrivals()).toBe(before + 1);
});

test.each([
  ["exit 3", "the command of --sign-command failed: exit code 3"],
  ["true", "it printed nothing, and a signature of ES256 has 64 bytes"],
  ["echo no such key", "a signature of ES256 has 64 bytes, or as much in DER, raw or as base64"],
  ["exec cat", "a signature of ES256 has"],
  ["yes", "it printed more than 1 MiB"],
])("a signing command that does `%s` is explained", async (command, why) => {
  const { code, stderr } = await login("ES256", command);
  expect([code, stderr]).toEqual([4, stderr]);
  expect(stderr).toContain(why);
  // Nothing of what was signed is shown.
  expect(stderr).not.toContain("eyJ");
});

test("a signing command without an algorithm is a usage error", async () => {
  const { code, stderr } = await home.run(["login", world.mcp.url, "@svc", "--client-id", "signs-ES256"], {
    env: { M2MCP_SIGN_COMMAND: "true" },
  });
  expect([code, stderr]).toEqual([1, expect.stringContaining("give --signing-alg")]);
});

test("a signing command ends with us, and all that it started", async () => {
  // Another copy of the tests may run beside this one.
  const mark = `32.7${process.pid}`;
  const isRunning = () => spawnSync("pgrep", ["-f", `^sleep ${mark}$`]).status === 0;
  const running = home.start(
    ["login", world.mcp.url, "@svc", "--client-id", "signs-ES256", "--signing-alg", "ES256"],
    { env: { M2MCP_SIGN_COMMAND: `sleep ${mark} & wait` } },
  );
  await until(isRunning);
  running.kill("SIGTERM");
  await until(() => !isRunning());
});
