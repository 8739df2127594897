// Recognizable secrets in every source, every command in every mode: none may be seen anywhere but in the request.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VERBS } from "../../lib/command-line/verbs.ts";
import { openStore } from "../../lib/store/store.ts";
import { BINARY, createHome, type Home, type Outcome, type RunOptions } from "../support/home.ts";
import { makeCertificates } from "../support/net/certificates.ts";
import { listen } from "../support/net/listen.ts";
import { sleep } from "../support/waiting.ts";

// Each is long, holds what encodings change, and stands nowhere else.
const plant = (name: string) => `zq7:${name}%+ /ü~${name}-7f3a`;
const header = (name: string) => `zq7-${name}-8d1c`;
const S = {
  flag: plant("flag"),
  variable: plant("variable"),
  file: plant("file"),
  command: plant("command"),
  stdin: plant("stdin"),
  prompt: plant("prompt"),
  passphrase: plant("passphrase"),
  newPassphrase: plant("newpassphrase"),
  keyPassphrase: plant("keypassphrase"),
  headerLiteral: header("headerliteral"),
  headerVariable: header("headervariable"),
  tokenParam: plant("tokenparam"),
  proxy: header("proxy"),
  urlPassword: header("urlpassword"),
  urlQuery: header("urlquery"),
  assertion: header("assertion"),
  token: header("token"),
};
const known: Record<string, string> = { ...S };

/** All the ways a secret may stand in bytes; base64 at each of the three positions it can begin at. */
function forms(secret: string): Buffer[] {
  const bytes = Buffer.from(secret);
  const inside = (kind: "base64" | "base64url") =>
    [0, 1, 2].map((shift) => {
      const text = Buffer.concat([Buffer.alloc(shift), bytes])
        .toString(kind)
        .replace(/=+$/, "");
      return text.slice(shift === 0 ? 0 : shift + 1, -2);
    });
  return [
    secret,
    ...inside("base64"),
    ...inside("base64url"),
    encodeURIComponent(secret),
    new URLSearchParams({ "": secret }).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString("hex"),
  ].map((form) => Buffer.from(form));
}

/** Names of the secrets that bytes hold, but for those that are allowed. */
const found = (bytes: Uint8Array, except: string[] = []): string[] =>
  Object.entries(known)
    .filter(([name]) => !except.includes(name))
    .filter(([, secret]) => forms(secret).some((form) => Buffer.from(bytes).includes(form)))
    .map(([name]) => name);

let home: Home;
/** Where the secrets that users keep in files are: not searched. */
let given: string;
let server: Server;
let origin = "";
let runs = 0;

const say = (
  response: ServerResponse,
  status: number,
  json: object,
  headers: Record<string, string> = {},
) => {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(json));
};

/** `/mcp` works; `/refuse` is refused a token, with all that was sent in the words; `/echo` repeats the token. */
function answer(path: string, body: string, authorization: string, response: ServerResponse): unknown {
  const place = /\/(mcp|refuse|echo|dpop)$/.exec(path)?.[1] ?? "mcp";
  if (path.startsWith("/.well-known/oauth-protected-resource"))
    return say(response, 200, {
      resource: `${origin}/${place}`,
      authorization_servers: [`${origin}/as/${place}`],
    });
  if (path.startsWith("/.well-known/oauth-authorization-server/as/"))
    return say(response, 200, {
      issuer: `${origin}/as/${place}`,
      token_endpoint: `${origin}/token/${place}`,
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "private_key_jwt"],
    });
  if (path === "/token/refuse") {
    const decoded = Buffer.from(authorization.slice(6), "base64").toString();
    const error_description = `wrong: ${authorization} ${decoded} ${body} ${decodeURIComponent(body.replaceAll("+", " "))}`;
    return say(response, 401, {
      error: "invalid_client",
      error_description: error_description.replace(/"/g, "'"),
    });
  }
  if (path.startsWith("/token/"))
    return say(response, 200, {
      access_token: S.token,
      token_type: place === "dpop" ? "DPoP" : "Bearer",
      expires_in: 600,
    });
  if (path === "/echo" && authorization)
    return response
      .writeHead(401, {
        "www-authenticate": `Bearer error="invalid_token", error_description="bad: ${authorization}"`,
      })
      .end();
  if (authorization !== `Bearer ${S.token}` && authorization !== `DPoP ${S.token}`)
    return response.writeHead(401, { "www-authenticate": "Bearer" }).end();
  const { id, method } = JSON.parse(body || "{}");
  if (id === undefined) return response.writeHead(202).end();
  const results: Record<string, object> = {
    "server/discover": {
      supportedVersions: ["2026-07-28"],
      capabilities: { tools: {}, resources: {}, prompts: {} },
    },
    "tools/list": { tools: [{ name: "t", inputSchema: { type: "object" } }] },
    "tools/call": { content: [{ type: "text", text: "called" }] },
    "resources/list": { resources: [{ uri: "x:1", name: "x" }] },
    "resources/templates/list": { resourceTemplates: [] },
    "resources/read": { contents: [{ uri: "x:1", text: "read" }] },
    "prompts/list": { prompts: [{ name: "p" }] },
    "prompts/get": { messages: [] },
    ping: {},
  };
  const result = results[method];
  if (!result)
    return say(response, 200, { jsonrpc: "2.0", id, error: { code: -32601, message: "no such method" } });
  const _meta = { "io.modelcontextprotocol/serverInfo": { name: "secret-server", version: "1" } };
  return say(response, 200, {
    jsonrpc: "2.0",
    id,
    result: { resultType: "complete", ttlMs: 0, cacheScope: "private", _meta, ...result },
  });
}

beforeAll(async () => {
  home = createHome();
  given = mkdtempSync(join(tmpdir(), "m2mcp-given-"));
  mkdirSync(join(home.folder, "tmp"));
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://x");
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => answer(pathname, body, request.headers.authorization ?? "", response));
  });
  origin = `http://127.0.0.1:${await listen(server)}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  home.remove();
  rmSync(given, { recursive: true, force: true });
});

const put = (name: string, content: string): string => {
  const path = join(given, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
};

/** Runs the program; whatever it says, no secret is in it. */
async function hush(args: string[], options: RunOptions = {}, except: string[] = []): Promise<Outcome> {
  const env = { TMPDIR: join(home.folder, "tmp"), M2MCP_STORE: "file", ...options.env };
  const outcome = await home.run(args, { ...options, env });
  runs++;
  const said = Buffer.from(outcome.stdout + outcome.stderr);
  const shown = args.map((arg) => (found(Buffer.from(arg)).length > 0 ? "***" : arg)).join(" ");
  expect({ args: shown, seen: found(said, except) }).toEqual({ args: shown, seen: [] });
  if (outcome.signal) throw new Error(`${shown} was ended by ${outcome.signal}`);
  return outcome;
}

/** Every file below a folder. */
const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

const MODES = [[], ["--json"], ["--verbose"], ["--verbose", "--json"]];
const handshake = [
  {
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "h", version: "1" } },
  },
  { id: 2, method: "tools/list" },
]
  .map((message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
  .join("");

/** One call of each verb for a target. */
function callsOf(target: string, name: string): string[][] {
  const more: Record<string, string[]> = {
    "tools-get": ["t"],
    "tools-call": ["t", "a=b"],
    "resources-read": ["x:1"],
    "prompts-get": ["p"],
  };
  return VERBS.map((verb) => {
    if (verb.name === "profiles" || verb.name === "store") return [verb.name];
    if (verb.name === "login" || verb.name === "connect") return [verb.name, target, `@${name}`];
    return [verb.name, target, ...(more[verb.name] ?? [])];
  });
}

async function eachVerb(targets: string[], env: Record<string, string>, flags: string[] = []) {
  for (const target of targets)
    for (const call of callsOf(target, "all"))
      await Promise.all(
        MODES.map((mode) => {
          const own = call[0] === "profiles" || call[0] === "store" || call[0] === "logout" ? [] : flags;
          const input = call[0] === "bridge" ? handshake : "";
          return hush([...call, ...own, ...mode], { env, input });
        }),
      );
}

describe("no secret is seen", () => {
  test("whatever verb, mode and outcome; from variables, with headers and parameters", async () => {
    const refused = await new Promise<string>((resolve) => {
      const closed = createServer();
      void listen(closed).then((port) => closed.close(() => resolve(`http://127.0.0.1:${port}/mcp`)));
    });
    const env = {
      M2MCP_CLIENT_ID: "id",
      M2MCP_CLIENT_SECRET: S.variable,
      M2MCP_HEADER: `X-Literal: ${S.headerLiteral}\nX-Variable: \${HIDDEN}`,
      HIDDEN: S.headerVariable,
      M2MCP_TOKEN_PARAM: `extra=${S.tokenParam}`,
      BUN_CONFIG_VERBOSE_FETCH: "curl",
    };
    const query = `?key=${S.urlQuery}`;
    await eachVerb(
      [`${origin}/mcp${query}`, `${origin}/refuse`, `${origin}/echo`, `${refused}${query}`],
      env,
    );
    const ok = await hush(["tools-list", `${origin}/mcp`], { env });
    expect([ok.code, ok.stdout]).toEqual([0, "t\n"]);
    expect((await hush(["login", `${origin}/refuse`], { env })).stderr).toContain("wrong: ");
    expect((await hush(["show", `${origin}/echo`], { env })).stderr).toContain("bad: ");
  }, 240_000);

  test("nor of a profile that holds them", async () => {
    const literal = ["--header", `X-Literal: ${S.headerLiteral}`, "--token-param", `extra=${S.tokenParam}`];
    for (const [name, path] of [
      ["good", `/mcp?key=${S.urlQuery}`],
      ["echo", "/echo"],
      ["bound", "/dpop"],
    ] as const) {
      const login = ["login", `${origin}${path}`, `@${name}`, "--client-id", "id", "--client-secret", S.flag];
      const { code } = await hush([...login, ...literal, ...(name === "bound" ? ["--dpop"] : [])]);
      expect(code).toBe(0);
    }
    const store = openStore({ env: { M2MCP_HOME: join(home.folder, "store") }, warn() {} });
    const proof = (await store.readState("bound"))?.auth?.dpop?.jwk;
    expect(typeof proof?.d).toBe("string");
    known.proofKey = proof?.d ?? "";
    for (const name of ["good", "echo", "bound"])
      for (const call of callsOf(`@${name}`, `of-${name}`)) {
        if (call[0] === "login" || call[0] === "logout") continue;
        for (const mode of MODES)
          await hush([...call, ...mode], { input: call[0] === "bridge" ? handshake : "" });
      }
    expect((await hush(["@bound", "tools-list"])).stdout).toBe("t\n");
  }, 120_000);

  test("in any help", async () => {
    for (const { name } of VERBS)
      await hush([name, "--help"], {
        env: { M2MCP_CLIENT_SECRET: S.variable, M2MCP_PASSPHRASE: S.passphrase },
      });
  });

  test("from a file, a command, stdin, keys and assertions; and children are given none", async () => {
    const dump = join(given, "dump");
    const commandFile = put("command", S.command);
    const spy = `{ env; tr '\\0' ' ' </proc/$$/cmdline; tr '\\0' ' ' </proc/$PPID/cmdline; ps -eo args; } >>${dump}; cat ${commandFile}`;
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const plain = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const locked = privateKey
      .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: S.keyPassphrase })
      .toString();
    known.privateKey = plain.split("\n").slice(2, -2).join("").slice(100, 200);
    known.privateKeyLine = plain.split("\n")[5] ?? "";
    const { client } = makeTls();
    const ways: { flags?: string[]; env?: Record<string, string>; input?: string }[] = [
      { flags: ["--client-secret-file", put("file", `${S.file}\n`)] },
      {
        flags: ["--client-secret-command", spy],
        env: { M2MCP_PASSPHRASE: S.passphrase, M2MCP_CLIENT_SECRET: S.variable },
      },
      {
        flags: ["--client-secret-command", spy, "--no-store-secret"],
        env: { M2MCP_HEADER: `X: ${S.headerLiteral}` },
      },
      { flags: ["--client-secret-command", `cat ${commandFile} >&2; cat ${commandFile}; exit 3`] },
      { flags: ["--client-secret", "-"], input: S.stdin },
      {
        flags: [
          "--private-key",
          put("locked.pem", locked),
          "--private-key-passphrase-file",
          put("pass", S.keyPassphrase),
        ],
      },
      {
        flags: [
          "--private-key",
          put("locked2.pem", locked),
          "--private-key-passphrase-file",
          put("wrong", S.file),
        ],
      },
      { flags: ["--private-key", put("locked3.pem", locked)] },
      { env: { M2MCP_PRIVATE_KEY: plain } },
      { env: { M2MCP_PRIVATE_KEY: `  ${plain}` } },
      { env: { M2MCP_PRIVATE_KEY: plain.replaceAll("\n", "\\n") } },
      { env: { M2MCP_PRIVATE_KEY: plain.slice(0, 900) } },
      { env: { M2MCP_PRIVATE_KEY: plain.split("\n").slice(1, -2).join("") } },
      { env: { M2MCP_PRIVATE_KEY: JSON.stringify(privateKey.export({ format: "jwk" })) } },
      { flags: ["--client-assertion-file", put("assertion", S.assertion)] },
      { flags: ["--client-assertion-command", `cat ${put("assertion2", S.assertion)}`] },
      { flags: ["--grant", "jwt-bearer", "--client-assertion-file", put("assertion3", S.assertion)] },
      { flags: ["--client-cert", client.certFile, "--client-key", client.keyFile] },
      { env: { M2MCP_CLIENT_SECRET_FILE: S.file } },
      { env: { M2MCP_CLIENT_ASSERTION_FILE: S.assertion } },
      { flags: ["--private-key", S.flag] },
      { flags: ["--client-cert", client.certFile, "--client-key", readFileSync(client.keyFile, "utf8")] },
    ];
    for (const [index, { flags = [], env = {}, input }] of ways.entries())
      for (const place of ["mcp", "refuse"])
        for (const call of ["login", "tools-list", "doctor", "bridge"])
          await Promise.all(
            [["--verbose"], ["--verbose", "--json"]].map((mode) =>
              hush(
                [
                  call,
                  `${origin}/${place}`,
                  ...(call === "login" ? [`@way${index}`] : []),
                  "--client-id",
                  "id",
                  ...flags,
                  ...mode,
                ],
                { env, input: input ?? (call === "bridge" ? handshake : "") },
              ),
            ),
          );
    const dumped = readFileSync(dump);
    expect(dumped.includes("HOME=")).toBe(true);
    expect(found(dumped)).toEqual([]);
  }, 240_000);

  test("typed at a terminal", async () => {
    const typing = async (args: string[], lines: string[], env: Record<string, string> = {}) => {
      let shown = "";
      let left = [...lines];
      const child = Bun.spawn([BINARY, ...args], {
        env: { ...home.env, M2MCP_STORE: "file", ...env },
        terminal: {
          cols: 200,
          rows: 50,
          data(terminal, data) {
            shown += Buffer.from(data).toString();
            const asked = shown.match(/: (\r?\n|$)/g)?.length ?? 0;
            while (left.length > 0 && asked > lines.length - left.length) {
              terminal.write(`${left[0]}\r`);
              left = left.slice(1);
            }
          },
        },
      });
      const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
      const code = await child.exited;
      clearTimeout(timer);
      child.terminal?.close();
      expect(found(Buffer.from(shown))).toEqual([]);
      return { code, shown };
    };
    const login = ["login", `${origin}/mcp`, "@typed", "--client-id", "id", "--verbose"];
    const typed = await typing(login, [S.prompt]);
    expect([typed.code, typed.shown.includes("secret of client id: ")]).toEqual([0, true]);
    const changed = await typing(["store", "passphrase"], [S.newPassphrase, S.newPassphrase]);
    expect(changed.code).toBe(0);
    const env = { M2MCP_PASSPHRASE: S.newPassphrase };
    for (const mode of MODES) {
      await hush(["@typed", "tools-list", ...mode], { env });
      await hush(["store", ...mode], { env });
      await hush(["@typed", "tools-list", ...mode], { env: { M2MCP_PASSPHRASE: S.passphrase } });
      await hush(["@typed", "tools-list", ...mode]);
    }
    const back = { ...env, M2MCP_NEW_PASSPHRASE: S.passphrase };
    expect((await hush(["store", "passphrase", "--verbose"], { env: back })).code).toBe(0);
    expect(
      (await hush(["store", "move", "--to", "file"], { env: { M2MCP_PASSPHRASE: S.passphrase } })).code,
    ).toBe(0);
  }, 60_000);

  test("when it stands in the wrong place", async () => {
    const bare = `${S.flag.replaceAll(" ", "")}`;
    known.bare = bare;
    const url = `${origin}/mcp`;
    const dead = { HTTP_PROXY: `http://user:${S.proxy}@127.0.0.1:9`, NO_PROXY: "" };
    const proxied = { HTTP_PROXY: `${origin.replace("//", `//user:${S.proxy}@`)}`, NO_PROXY: "" };
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
      [["bridge", `${origin}/none?token=${S.urlQuery}`]],
      [["connect", `${origin}/none?token=${S.urlQuery}`, "@q"]],
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
      [
        ["tools-list", "https://nowhere.invalid/mcp"],
        { HTTPS_PROXY: `socks5://user:${S.proxy}@127.0.0.1:9` },
      ],
      [["tools-list", "https://nowhere.invalid/mcp"], { HTTPS_PROXY: `user:${S.proxy}@127.0.0.1:9` }],
    ];
    for (const [args, env = {}] of wrong)
      for (const mode of MODES)
        await hush([...args, ...mode], { env, input: args[0] === "bridge" ? handshake : "" }).then(
          ({ stdout, stderr }) => expect(stdout + stderr).not.toContain("zq7bareword"),
        );
  }, 120_000);

  test("when it crashes", async () => {
    const throwing = put(
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
        // A listener that does not answer keeps the program busy for a while.
        const waiting = createServer((request) => void setTimeout(() => request.socket.destroy(), 300));
        const url = `http://127.0.0.1:${await listen(waiting)}/mcp`;
        const { code, stdout, stderr } = await hush(["tools-list", url, ...mode], { env });
        waiting.closeAllConnections();
        waiting.close();
        // A rejection that nobody awaits is told, and the work goes on.
        expect(code).toBe(CRASH === "throw" ? 1 : 3);
        if (CRASH === "throw") expect(stdout).toBe("");
        expect(stderr).toContain("did not foresee");
        expect(stderr).not.toContain("throw new");
      }
    const child = home.start(["bridge", `${origin}/mcp`], {
      env: { M2MCP_CLIENT_ID: "id", M2MCP_CLIENT_SECRET: S.variable },
    });
    let said = "";
    child.stdout.on("data", (part) => {
      said += part;
    });
    child.stderr.on("data", (part) => {
      said += part;
    });
    child.stdin.write(handshake);
    while (!said.includes('"id":2')) await sleep(20);
    child.kill("SIGSEGV");
    await new Promise((resolve) => child.on("close", resolve));
    expect(found(Buffer.from(said))).toEqual([]);
  }, 60_000);

  test("in any file outside the encrypted ones, nor in those in clear", () => {
    expect(runs).toBeGreaterThan(500);
    const files = filesBelow(home.folder);
    expect(files.some((file) => file.endsWith("good.m2mcp"))).toBe(true);
    const leaks = files.filter(
      (file) => found(readFileSync(file)).length > 0 || found(Buffer.from(file)).length > 0,
    );
    expect(leaks).toEqual([]);
  });
});

function makeTls() {
  const certificates = makeCertificates();
  chmodSync(certificates.client.keyFile, 0o600);
  const body = readFileSync(certificates.client.keyFile, "utf8").split("\n");
  known.clientKey = body[1] ?? "";
  execFileSync("mv", [certificates.folder, join(given, "tls")]);
  const moved = (path: string) => path.replace(certificates.folder, join(given, "tls"));
  return {
    client: { certFile: moved(certificates.client.certFile), keyFile: moved(certificates.client.keyFile) },
  };
}
