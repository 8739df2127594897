// Where secrets and assertions come from, on the executable: what is read anew, what is never stored, what is not told.
import { describe, expect, test } from "bun:test";
import { execFileSync, spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeKey, PASSPHRASE } from "../../auth/key-forms.ts";
import { startBridge } from "../../support/bridge.ts";
import { BINARY, homeForEachTest } from "../../support/home.ts";
import { json } from "../../support/mcp/scripted.ts";
import { request } from "../../support/messages.ts";
import type { Answer } from "../../support/net/listen.ts";
import {
  granted,
  refuseToken,
  startScriptedWorld,
  type TokenScript,
} from "../../support/oauth/scripted-world.ts";
import { sleep } from "../../support/waiting.ts";

const home = homeForEachTest();

/** Both servers, and the token service of a CI platform beside them. */
async function serve(token?: TokenScript) {
  const asked: { url: URL; authorization: string | undefined }[] = [];
  const before: Answer = (request, response) => {
    const url = new URL(request.url ?? "/", world.origin);
    if (url.pathname !== "/actions/token") return false;
    const { authorization } = request.headers;
    asked.push({ url, authorization });
    const isJob = authorization === "Bearer job-request-token";
    json(response, isJob ? { count: 1, value: `id-token-${asked.length}` } : {}, isJob ? 200 : 401);
    return true;
  };
  const world = home.owns(await startScriptedWorld({ before, ...(token ? { token } : {}) }));
  const { origin, url, tokenRequests } = world;
  return { origin, url, requests: tokenRequests, asked };
}
const over = () => sleep(1100);
const write = (name: string, text: string) => {
  const path = join(home.folder, name);
  writeFileSync(path, text);
  return path;
};

describe("workload identity", () => {
  test("as the grant, without a client id: read anew for each request, asked once upon a refusal", async () => {
    let refusing = false;
    const { url, requests } = await serve((params, response, request) =>
      refusing
        ? refuseToken(response, "invalid_grant", "assertion expired")
        : granted(1)(params, response, request),
    );
    const path = write("token", "first\n");
    const args = ["--grant", "jwt-bearer", "--client-assertion-file", path];
    expect((await home.run(["login", url, "@svc", ...args])).code).toBe(0);
    writeFileSync(path, "second\n");
    await over();
    expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
    expect(requests.map((one) => one.get("assertion"))).toEqual(["first", "second"]);
    for (const one of requests) {
      expect(one.get("grant_type")).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer");
      expect([one.has("client_id"), one.has("client_assertion")]).toEqual([false, false]);
    }
    refusing = true;
    requests.length = 0;
    await over();
    const { code, stderr } = await home.run(["@svc", "tools-list"]);
    expect([code, stderr]).toEqual([4, expect.stringContaining("assertion expired")]);
    expect(requests.map((one) => one.get("grant_type"))).toEqual([
      "urn:ietf:params:oauth:grant-type:jwt-bearer",
    ]);
    expect(stderr).not.toContain("second");
  });

  for (const [use, args] of [
    ["as the grant", ["--grant", "jwt-bearer"]],
    ["as client authentication", ["--client-id", "id"]],
  ] as const)
    test(`of GitHub Actions, ${use}: the job's token is fetched for the audience`, async () => {
      const { origin, url, requests, asked } = await serve(granted(600));
      const env = {
        ACTIONS_ID_TOKEN_REQUEST_URL: `${origin}/actions/token?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: "job-request-token",
      };
      const run = (...more: string[]) =>
        home.run(["tools-list", url, ...args, "--assertion", "github-actions", "--verbose", ...more], {
          env,
        });
      const first = await run();
      expect(first.code).toBe(0);
      // A client is proved to the issuer, a grant is for the token endpoint.
      const audience = use === "as the grant" ? `${origin}/token` : origin;
      expect(asked[0]?.url.searchParams.get("audience")).toBe(audience);
      expect(asked[0]?.url.searchParams.get("api-version")).toBe("2.0");
      const params = requests[0];
      expect(params?.get(use === "as the grant" ? "assertion" : "client_assertion")).toBe("id-token-1");
      await run("--assertion-audience", "api://AzureADTokenExchange");
      expect(asked[1]?.url.searchParams.get("audience")).toBe("api://AzureADTokenExchange");
      for (const secret of ["job-request-token", "id-token"])
        expect(first.stdout + first.stderr).not.toContain(secret);
    });

  test("of GitHub Actions is asked for over https or loopback only, and its absence is explained", async () => {
    const { url } = await serve(granted(600));
    const run = (env: Record<string, string>, platform = "github-actions") =>
      home.run(["tools-list", url, "--grant", "jwt-bearer", "--assertion", platform], { env });
    const absent = await run({});
    expect([absent.code, absent.stderr]).toEqual([4, expect.stringContaining("id-token: write")]);
    const withheld = await run({ GITHUB_ACTIONS: "true" }, "auto");
    expect([withheld.code, withheld.stderr]).toEqual([
      4,
      expect.stringMatching(
        /GitHub Actions gives no identity token: this job may not .*permissions: id-token: write/s,
      ),
    ]);
    const plain = await run({
      ACTIONS_ID_TOKEN_REQUEST_URL: "http://actions.example.com/token",
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "job-request-token",
    });
    expect([plain.code, plain.stderr]).toEqual([4, expect.stringContaining("is no https address")]);
  });
});

describe("a command that prints the secret", () => {
  const PLANTED = {
    M2MCP_PASSPHRASE: "planted-passphrase",
    M2MCP_NEW_PASSPHRASE: "planted-new",
    M2MCP_PRIVATE_KEY: "",
    M2MCP_TOKEN_PARAM: "x=planted-param",
    M2MCP_HEADER: "X-Key: planted-header",
  };

  test("inherits the environment without our own secrets, and no stdin", async () => {
    const { url } = await serve(granted(600));
    const out = join(home.folder, "env");
    const command = `env > ${out}; cat; echo planted-stderr >&2; echo secret`;
    const { code, stdout, stderr } = await home.run(
      ["login", url, "@svc", "--client-id", "id", "--client-secret-command", command, "--verbose"],
      { env: { ...PLANTED, OP_TOKEN: "for-the-command" }, input: "not for the command" },
    );
    expect(code).toBe(0);
    const inherited = readFileSync(out, "utf8");
    expect(inherited).toContain("OP_TOKEN=for-the-command");
    expect(inherited).toContain("M2MCP_HOME=");
    expect(inherited).not.toContain("planted");
    expect(stdout + stderr).not.toContain("planted");
  });

  for (const [name, command, words] of [
    ["fails", "echo planted-out; echo planted-err >&2; exit 3", "exit code 3"],
    ["prints nothing", "true", "printed nothing"],
    ["prints without end", "yes planted", "1 MiB"],
  ] as const)
    test(`that ${name} is an error that quotes nothing`, async () => {
      const { url, requests } = await serve(granted(600));
      const { code, stderr } = await home.run([
        ...["login", url, "--client-id", "id", "--client-secret-command", command, "--verbose"],
      ]);
      expect([code, stderr]).toEqual([4, expect.stringContaining(words)]);
      expect(stderr).not.toContain("planted");
      expect(requests).toEqual([]);
    });
});

describe("--no-store-secret", () => {
  test("keeps where a key, its passphrase and its certificate are, not what they are", async () => {
    const { url, requests } = await serve(granted(1));
    const { forms, certificatePem } = makeKey("RSA");
    const key = write("key.pem", forms.find(({ name }) => name === "encrypted PKCS#8")?.text ?? "");
    const passphrase = write("passphrase", `${PASSPHRASE}\n`);
    const certificate = write("cert.pem", certificatePem);
    const args = ["login", url, "@svc", "--client-id", "id", "--no-store-secret", "--private-key", key];
    args.push("--private-key-passphrase-file", passphrase, "--certificate", certificate);
    expect((await home.run(args)).code).toBe(0);
    await over();
    // A new key, a new passphrase and a new certificate: all three are read again.
    const next = makeKey("RSA");
    writeFileSync(key, next.forms[0]?.text ?? "");
    writeFileSync(certificate, next.certificatePem);
    expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
    const [one, two] = requests.map(
      (params) =>
        JSON.parse(Buffer.from(params.get("client_assertion")?.split(".")[0] ?? "", "base64url").toString())[
          "x5t#S256"
        ],
    );
    expect(one).not.toBe(two);
    for (const [path, text] of [
      [certificate, certificatePem],
      [key, ""],
    ] as const) {
      await over();
      rmSync(path);
      const gone = await home.run(["@svc", "tools-list"]);
      expect([gone.code, gone.stderr]).toEqual([4, expect.stringContaining(path)]);
      // Who mends it need not wait.
      if (text) {
        writeFileSync(path, next.certificatePem);
        expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
      }
    }
  }, 40_000);

  test("wants a place to read the secret from again", async () => {
    const { url } = await serve(granted(600));
    const { code, stderr } = await home.run([
      ...["login", url, "--client-id", "id", "--client-secret", "s", "--no-store-secret"],
    ]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("--client-secret-file")]);
  });

  test("a rotated file is read by a bridge that runs", async () => {
    const secrets: string[] = [];
    const { url } = await serve((params, response, request) => {
      secrets.push(Buffer.from(request.headers.authorization?.slice(6) ?? "", "base64").toString());
      granted(1)(params, response, request);
    });
    const path = write("secret", "one");
    const args = ["--client-id", "id", "--client-secret-file", path, "--no-store-secret"];
    expect((await home.run(["login", url, "@svc", ...args])).code).toBe(0);
    const bridge = startBridge(home, ["@svc", "--protocol", "2026-07-28"]);
    bridge.say(request(1, "tools/list", {}));
    expect((await bridge.answer(1)).result).toHaveProperty("tools");
    writeFileSync(path, "two");
    await over();
    bridge.say(request(2, "tools/list", {}));
    expect((await bridge.answer(2)).result).toHaveProperty("tools");
    expect([secrets[0], secrets.at(-1)]).toEqual(["id:one", "id:two"]);
  });
});

const hasScript = process.platform === "linux" && existsInPath("script");
function existsInPath(program: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`]);
    return true;
  } catch {
    return false;
  }
}

test.skipIf(!hasScript)("a secret typed at a terminal is used and not shown", async () => {
  const secrets: string[] = [];
  const { url } = await serve((params, response, request) => {
    secrets.push(Buffer.from(request.headers.authorization?.slice(6) ?? "", "base64").toString());
    granted(600)(params, response, request);
  });
  const terminal = spawn("script", ["-qec", `${BINARY} login ${url} --client-id id`, "/dev/null"], {
    cwd: home.folder,
    env: home.env,
  });
  let shown = "";
  let typed = false;
  terminal.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
    if (typed || !shown.includes("secret of client id")) return;
    typed = true;
    setTimeout(() => terminal.stdin.write("typed-secret\r"), 200);
  });
  const code = await new Promise((resolve) => terminal.on("close", resolve));
  expect([code, secrets]).toEqual([0, ["id:typed-secret"]]);
  expect(shown).toContain("logged in");
  expect(shown).not.toContain("typed-secret");
});
