// Secrets in the wrong place, and in the midst of a crash: none may be seen.
import { expect, test } from "bun:test";
import { startBridge } from "../../support/bridge.ts";
import { serveHttp } from "../../support/net/listen.ts";
import { found, known, S } from "./forms.ts";
import { handshake, MODES, secretWorld } from "./world.ts";

const world = secretWorld();

test("no secret is seen when it stands in the wrong place", async () => {
  const bare = `${S.flag.replaceAll(" ", "")}`;
  known.bare = bare;
  const url = `${world.origin}/mcp`;
  const dead = { HTTP_PROXY: `http://user:${S.proxy}@127.0.0.1:9`, NO_PROXY: "" };
  const proxied = { HTTP_PROXY: `${world.origin.replace("//", `//user:${S.proxy}@`)}`, NO_PROXY: "" };
  const wrong: [string[], Record<string, string>?][] = [
    [["login", url, "--client-id", "id", `--client-secrt=${S.flag}`]],
    [["login", url, "--client-id", "id", `--client-secret${bare}`]],
    [["login", url, "--client-id", "id", "--client-secrt", S.flag]],
    [["login", url, `-s${bare}`]],
    [["login", url, "@x", S.flag]],
    [["login", url, S.flag]],
    [["login", url, "@x", "--client-secret", "a", S.flag, "--client-id", "id"]],
    [["login", S.flag, url]],
    [["login", "hunter2hunter2zq7bareword"]],
    [[S.flag, "login", url]],
    [[url, S.flag]],
    [["@x", S.flag]],
    [["tools-list", url, `--json=${S.flag}`]],
    [["tools-list", url, `--dpop=${S.flag}`]],
    [["tools-list", url, "--client-secret", `--scope=${S.flag}`]],
    [["tools-list", url, "--header", S.flag]],
    [["tools-list", url, "--header", `Authorization Bearer ${S.flag}`]],
    [["tools-list", url, "--header", `X: ${S.flag}\u{1f600}`]],
    [["bridge", url, "--header", `X: ${S.flag}\u{1f600}`]],
    [["tools-list", url, "--header", `X: ${S.flag}\u0001`]],
    [["tools-list", url, "--client-id", "id", "--token-param", S.flag]],
    [["tools-call", url, "t", S.flag]],
    [["tools-call", url, "t", `a:=${S.flag}`]],
    [["store", "passphrase", S.newPassphrase]],
    [["store", S.newPassphrase]],
    [["store", "move", "--to", "file", S.newPassphrase]],
    [["logout", S.flag]],
    [["profiles", S.flag]],
    [["login", `https://user:${S.urlPassword}@127.0.0.1:9/mcp`, "--client-id", "id"]],
    [["tools-list", `https://user:${S.urlPassword}@127.0.0.1:9/mcp`]],
    [["bridge", `${world.origin}/none?token=${S.urlQuery}`]],
    [["connect", `${world.origin}/none?token=${S.urlQuery}`, "@q"]],
    [["doctor", `http://192.0.2.1/mcp?token=${S.urlQuery}`]],
    [
      [
        "login",
        url,
        "--client-id",
        "id",
        "--client-secret",
        "s",
        "--token-endpoint",
        `http://u:${S.urlPassword}@127.0.0.1:9/t?k=${S.urlQuery}`,
      ],
    ],
    [
      [
        "login",
        url,
        "--client-id",
        "id",
        "--client-secret",
        "s",
        "--resource",
        `https://u:${S.urlPassword}@h/?k=${S.urlQuery}`,
      ],
    ],
    [["login", url, "--client-id", "id", "--client-secret", "s"], dead],
    [["tools-list", "http://nowhere.invalid/mcp", "--allow-http", "nowhere.invalid"], proxied],
    [["tools-list", "https://nowhere.invalid/mcp"], { HTTPS_PROXY: `http://user:${S.proxy}@127.0.0.1:9` }],
    [["tools-list", "https://nowhere.invalid/mcp"], { HTTPS_PROXY: `socks5://user:${S.proxy}@127.0.0.1:9` }],
    [["tools-list", "https://nowhere.invalid/mcp"], { HTTPS_PROXY: `user:${S.proxy}@127.0.0.1:9` }],
  ];
  for (const [args, env = {}] of wrong)
    for (const mode of MODES)
      await world
        .hush([...args, ...mode], { env, input: args[0] === "bridge" ? handshake : "" })
        .then(({ stdout, stderr }) => expect(stdout + stderr).not.toContain("zq7bareword"));
}, 120_000);

test("no secret is seen when the program crashes", async () => {
  const throwing = world.put(
    "crash.js",
    `const hidden = process.env.M2MCP_CLIENT_SECRET;
setTimeout(() => { if (process.env.CRASH === "reject") Promise.reject(new Error(hidden)); else throw new Error(hidden); }, 30);`,
  );
  for (const CRASH of ["throw", "reject"])
    for (const mode of MODES) {
      const env = {
        M2MCP_CLIENT_ID: "id",
        M2MCP_CLIENT_SECRET: S.variable,
        BUN_OPTIONS: `--preload ${throwing}`,
        CRASH,
      };
      // A server that takes its time keeps the program busy for a while.
      const waiting = await serveHttp((request) => setTimeout(() => request.socket.destroy(), 300));
      const url = `${waiting.origin}/mcp`;
      const { code, stdout, stderr } = await world.hush(["tools-list", url, ...mode], { env });
      await waiting.stop();
      // A rejection that nobody awaits is told, and the work goes on.
      expect(code).toBe(CRASH === "throw" ? 1 : 3);
      if (CRASH === "throw") expect(stdout).toBe("");
      expect(stderr).toContain("did not foresee");
      expect(stderr).not.toContain("throw new");
    }
  const bridge = startBridge(world.home, [`${world.origin}/mcp`], {
    env: { M2MCP_CLIENT_ID: "id", M2MCP_CLIENT_SECRET: S.variable },
  });
  let said = "";
  bridge.child.stdout.on("data", (text) => {
    said += text;
  });
  bridge.say(handshake.trimEnd());
  await bridge.answer(2);
  bridge.child.kill("SIGSEGV");
  await bridge.ended;
  expect(found(Buffer.from(said + bridge.stderr()))).toEqual([]);
}, 60_000);

world.testFiles(140);
