// Tokens that something else makes: from a file, a command, a variable, stdin, against the official SDK's server.
import { beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startBridge } from "../../support/bridge.ts";
import { homeForEachTest } from "../../support/home.ts";
import { call, INITIALIZE } from "../../support/messages.ts";
import { type Mint, replaceFile, startMint } from "../../support/oauth/token-mint.ts";
import { sleep } from "../../support/waiting.ts";

const home = homeForEachTest();
let mint: Mint;
let file: string;
beforeEach(async () => {
  mint = home.owns(await startMint());
  file = join(home.folder, "token");
});
const put = async (options?: Parameters<Mint["mint"]>[0]) => {
  const token = await mint.mint(options);
  replaceFile(file, `${token}\n`);
  return token;
};
const logIn = (...args: string[]) => home.run(["login", mint.mcp.url, "@svc", ...args]);
/** How often the command that prints the file was run. */
const counting = () => `echo x >> '${join(home.folder, "runs")}'; cat '${file}'`;
const runs = () => readFileSync(join(home.folder, "runs"), "utf8").length / 2;
const paths = () => new Set(mint.mcp.requests.map(({ path }) => path));
const add = ["@svc", "tools-call", "add", "a:=2", "b:=40"];

describe("a token from a file", () => {
  test("is proven by login, sent as it is, and no authorization server is looked for", async () => {
    const token = await put();
    const { code, stdout, stderr } = await logIn("--token-file", "token");
    expect(code).toBe(0);
    expect(stdout).toContain(`from the file ${file}`);
    expect(stdout + stderr).not.toContain(token);
    expect((await home.run(add)).stdout).toBe("42\n");
    expect(paths()).toEqual(new Set(["/mcp"]));
    const sent = mint.mcp.requests.map(({ headers }) => headers.authorization);
    expect(new Set(sent)).toEqual(new Set([`Bearer ${token}`]));
  });

  test("is read anew before its end, and not before", async () => {
    await put({ lifeS: 4 });
    await logIn("--token-file", "token");
    const second = await put();
    await home.run(add);
    expect(mint.mcp.requests.at(-1)?.headers.authorization).not.toBe(`Bearer ${second}`);
    await sleep(4000);
    expect((await home.run(add)).stdout).toBe("42\n");
    expect(mint.mcp.requests.at(-1)?.headers.authorization).toBe(`Bearer ${second}`);
  });

  test("is read once more when it is refused, and the call goes through", async () => {
    await put({ audience: "https://other.example" });
    const failed = await logIn("--token-file", "token");
    expect(failed.code).toBe(4);
    expect(failed.stderr).toMatch(
      /does not accept the token it was given: invalid_token\nhint: see that what makes/,
    );
    await put();
    expect((await logIn("--token-file", "token")).code).toBe(0);
    const bridge = startBridge(home, ["@svc"]);
    bridge.say(INITIALIZE, call(2, "add", { a: 1, b: 2 }));
    expect((await bridge.answer(2)).result.content).toEqual([{ type: "text", text: "3" }]);
    mint.mcp.refuseTokens(true);
    bridge.say(call(3, "add", { a: 1, b: 3 }));
    expect((await bridge.answer(3)).error.data.code).toBe("not_authorized");
    mint.mcp.refuseTokens(false);
    bridge.say(call(4, "add", { a: 1, b: 4 }));
    expect((await bridge.answer(4)).result.content).toEqual([{ type: "text", text: "5" }]);
  });

  test("that is missing for a while hurts nobody while the one that was read is good", async () => {
    await put();
    await logIn("--token-file", "token");
    rmSync(file);
    expect((await home.run(add)).stdout).toBe("42\n");
    const byUrl = () => home.run(["tools-list", mint.mcp.url, "--token-file", "token", "--json"]);
    const failed = await byUrl();
    expect(failed.code).toBe(4);
    expect(failed.stderr).toContain("cannot read the file of --token-file: there is no such file or folder");
    await put();
    expect((await byUrl()).code).toBe(0);
    rmSync(file);
    expect((await byUrl()).code).toBe(0);
  });

  for (const [what, text, said] of [
    ["empty", "\n", "it is empty"],
    ["a page", "<html>secret-page</html> x", "holds no token: it holds blanks"],
    ["cut off", "eyJhbGciOiJFUzI1NiJ9.eyJzZWNyZXQi", "is a JWT that was cut off"],
  ] as const)
    test(`that is ${what} is named`, async () => {
      writeFileSync(file, text);
      const { code, stderr } = await logIn("--token-file", "token");
      expect(code).toBe(4);
      expect(stderr).toContain(said);
      expect(stderr).not.toMatch(/secret-page|eyJ/);
      expect(readdirSync(home.folder)).not.toContain("store/profiles");
    });

  test("that has ended is told from a clock that is wrong", async () => {
    await put({ aheadS: -600 });
    const { code, stderr } = await logIn("--token-file", "token");
    expect(code).toBe(4);
    expect(stderr).toMatch(/holds a token that ended (29|30)\d s ago/);
  });

  test("with a byte order mark, in UTF-16, or with CRLF is the same token", async () => {
    const token = await mint.mint();
    for (const bytes of [`\ufeff${token}\r\n`, Buffer.from(`\ufeff${token}\r\n`, "utf16le")]) {
      writeFileSync(file, bytes);
      expect((await logIn("--token-file", "token")).code).toBe(0);
    }
  });
});

describe("a token from a command", () => {
  test("serves twenty processes by one run, and is printed again before its end", async () => {
    await put({ lifeS: 5 });
    expect((await logIn("--token-command", counting())).code).toBe(0);
    await put();
    await sleep(5000);
    const all = await Promise.all(Array.from({ length: 20 }, () => home.run(add)));
    expect(all.map(({ stdout, stderr }) => stdout + stderr)).toEqual(Array(20).fill("42\n"));
    expect(runs()).toBe(2);
  });

  test("in JSON with its end is read by its members", async () => {
    const accessToken = await mint.mint();
    writeFileSync(file, JSON.stringify({ accessToken, expires_in: 60, tokenType: "Bearer" }, null, 2));
    expect((await logIn("--token-command", `cat ${file}`)).code).toBe(0);
    const { stdout } = await home.run(["profiles", "--json"]);
    const [profile] = JSON.parse(stdout).profiles;
    expect(profile).toMatchObject({ authorization: "token", method: "token_command", issuer: null });
    expect(Date.parse(profile.expiresAt) - Date.now()).toBeLessThan(60_000);
  });

  test("that fails says so, once for all who wait, and never what it printed", async () => {
    const { code, stderr } = await logIn("--token-command", "echo secret-output; exit 3");
    expect(code).toBe(4);
    expect(stderr).toContain("failed: exit code 3");
    expect(stderr).not.toContain("secret-output");
  });
});

describe("a token itself", () => {
  test("comes in a variable, for one command", async () => {
    const token = await mint.mint();
    const env = { M2MCP_TOKEN: token };
    const { stdout } = await home.run(["tools-call", mint.mcp.url, "add", "a:=2", "b:=40"], { env });
    expect(stdout).toBe("42\n");
    const bridge = startBridge(home, [mint.mcp.url], { env });
    bridge.say(INITIALIZE, call(2, "add", { a: 1, b: 2 }));
    expect((await bridge.answer(2)).result.content).toEqual([{ type: "text", text: "3" }]);
    expect(paths()).toEqual(new Set(["/mcp"]));
  });

  test("is kept by login, encrypted", async () => {
    const token = await mint.mint();
    const login = await home.run(["login", mint.mcp.url, "@svc", "--token", "-"], { input: `${token}\n` });
    expect(login.code).toBe(0);
    expect((await home.run(add)).stdout).toBe("42\n");
    for (const name of readdirSync(home.folder, { recursive: true, encoding: "utf8" }))
      if (/\.m2mcp$/.test(name)) expect(readFileSync(join(home.folder, name), "latin1")).not.toContain(token);
  });

  test("that has ended says what follows one that is renewed", async () => {
    const env = { M2MCP_TOKEN: await mint.mint({ lifeS: 1 }) };
    await sleep(2000);
    const { code, stderr } = await home.run(["tools-list", mint.mcp.url], { env });
    expect(code).toBe(4);
    expect(stderr).toMatch(/M2MCP_TOKEN.* ended \d s ago/);
    expect(stderr).not.toContain(env.M2MCP_TOKEN);
  });

  test("does not stand on a command line", async () => {
    const token = await mint.mint();
    const { code, stderr } = await logIn("--token", token);
    expect(code).toBe(1);
    expect(stderr).toContain("a token itself is given in M2MCP_TOKEN");
    expect(stderr).not.toContain(token);
  });
});

describe("options of a grant do not go with a token", () => {
  for (const [args, env, said] of [
    [["--token-file", "t", "--client-id", "x"], {}, "--token-file and --client-id exclude each other"],
    [["--token-file", "t", "--scope", "x"], {}, "--token-file and --scope exclude each other"],
    [
      ["--token-file", "t", "--token-command", "x"],
      {},
      "--token-file and --token-command exclude each other",
    ],
    [["--scope", "x"], { M2MCP_TOKEN: "t" }, "M2MCP_TOKEN and --scope exclude each other"],
    [[], { M2MCP_TOKEN: "t", M2MCP_CLIENT_ID: "x" }, "M2MCP_TOKEN and M2MCP_CLIENT_ID exclude each other"],
    [
      ["--token-lifetime", "5", "--client-id", "x"],
      {},
      "--token-lifetime is for a token that something else",
    ],
    [["--token-file", "t", "--token-lifetime", "soon"], {}, "--token-lifetime soon is no number of seconds"],
    [["--token", "nowhere"], {}, "--token names a platform"],
  ] as const)
    test(said, async () => {
      const { code, stderr } = await home.run(["login", "https://mcp.example.com", "@svc", ...args], { env });
      expect([code, stderr.split("\n")[0]]).toEqual([1, expect.stringContaining(said)]);
    });
});
