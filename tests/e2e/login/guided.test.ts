// A login at a terminal: what is found is said, what is missing is asked for, and what comes next stands at the end.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { homeForEachTest } from "../../support/home.ts";
import { startMcpServer } from "../../support/mcp/mcp-server.ts";
import { startScriptedWorld } from "../../support/oauth/scripted-world.ts";
import { atTerminal, KEYS, type Screen } from "../../support/terminal.ts";
import { startWorld, type World } from "../../support/world.ts";

let world: World;
const home = homeForEachTest();
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.end());

const basic = () => world.as.clients.basic;
const typed = (text: string) => text + KEYS.enter;
const PROOF = /1 to 2 \[1\]: $/;
const SECRET = /secret of client basic client: $/;

async function asFarAsTheName(screen: Screen) {
  await screen.answer(/client id: $/, typed(basic().id));
  await screen.answer(PROOF, KEYS.enter);
  await screen.answer(SECRET, typed(basic().secret));
  await screen.shows(/name to keep it under .*: $/);
}

test("asks for id, proof, secret and name, and ends with what comes next", async () => {
  const screen = atTerminal(home, ["login", world.mcp.url]);
  await asFarAsTheName(screen);
  screen.type(typed("@svc"));
  expect(await screen.ended).toBe(0);
  const text = screen.text();
  expect(text).not.toContain("s3cret");
  for (const found of [
    `resource        ${world.mcp.url}`,
    `issuer          ${world.as.issuer}`,
    "scopes          mcp:read",
    "private_key_jwt",
  ])
    expect(text).toContain(found);
  expect(text).toContain("  m2mcp @svc tools-list\n  m2mcp install @svc\n");
  const entry = JSON.parse(/^\{[\s\S]*^\}/m.exec(text)?.[0] ?? "").mcpServers.svc;
  const { command, args, env } = entry;
  expect(args).toEqual(["bridge", "@svc"]);
  // As a host does: by its path, without the shell's variables.
  const bridge = Bun.spawn([command, ...args], {
    env: { HOME: home.folder, ...env },
    stdin: "ignore",
    stderr: "pipe",
  });
  expect(await bridge.exited).toBe(0);
  expect(await new Response(bridge.stderr).text()).toBe("");
  const before = world.mcp.requests.length;
  // At a terminal again: a session is good for who can be asked as much.
  expect(await atTerminal(home, ["@svc", "tools-list"]).ended).toBe(0);
  expect(world.mcp.requests.length - before).toBe(1);
});

test("asks again where Enter alone was the answer, and not for ever", async () => {
  const screen = atTerminal(home, ["login", world.mcp.url, "@svc"]);
  await screen.answer(/client id: $/, KEYS.enter);
  await screen.answer(/client id: $/, typed(basic().id));
  await screen.answer(PROOF, typed("1"));
  await screen.answer(SECRET, KEYS.enter);
  await screen.answer(SECRET, typed(basic().secret));
  expect(await screen.ended).toBe(0);
  const never = atTerminal(home, ["login", world.mcp.url, "@other"]);
  for (let asked = 0; asked < 3; asked++) await never.answer(/client id: $/, KEYS.enter);
  expect(await never.ended).toBe(1);
  expect(never.text()).toContain("error: no client id given\nhint: give --client-id\n");
});

test("asks for what is missing alone, and of who gives options for no name", async () => {
  const screen = atTerminal(home, ["login", world.mcp.url, "--client-id", basic().id]);
  await screen.answer(PROOF, typed("1"));
  await screen.answer(SECRET, typed(basic().secret));
  expect(await screen.ended).toBe(0);
  expect(screen.text()).toMatch(/profile +@127\.0\.0\.1-\d+\n/);
  expect(screen.text()).not.toContain("client id:");
  const whole = atTerminal(home, ["login", world.mcp.url, "@b", "--client-id", basic().id], {
    env: { M2MCP_CLIENT_SECRET: basic().secret },
  });
  expect(await whole.ended).toBe(0);
  expect(whole.text()).not.toMatch(/\]: /);
});

test("a secret at a question that offers a choice is not shown, nor taken", async () => {
  const screen = atTerminal(home, ["login", world.mcp.url, "--client-id", basic().id]);
  for (const wrong of ["s3cret-word", "0s3cret", "7"]) await screen.answer(PROOF, typed(wrong));
  expect(await screen.ended).toBe(1);
  const text = screen.text();
  expect(text.match(/\nthat is no number of one of them, and was not taken\n/g)?.length).toBe(3);
  expect(text).toContain("1 to 2 [1]: 7\n");
  expect(text).not.toContain("s3c");
});

test("with a key in place of a secret", async () => {
  const { id, privateKeyPem } = world.as.clients.jwt;
  const key = join(home.folder, "key.pem");
  writeFileSync(key, privateKeyPem);
  const screen = atTerminal(home, ["login", world.mcp.url, "@svc"]);
  await screen.answer(/client id: $/, typed(id));
  await screen.answer(PROOF, typed("2"));
  await screen.answer(/path of the private key: $/, typed(key));
  expect(await screen.ended).toBe(0);
  expect(screen.text()).toContain("logged in");
});

test.each([
  ["secrets alone", ["client_secret_post"], /secret of client c: $/],
  ["keys alone", ["private_key_jwt"], /path of the private key: $/],
  ["certificates alone", ["tls_client_auth"], /path of the client certificate: $/],
  ["nothing that is known", ["none"], /secret of client c: $/],
])("a server that takes %s leaves no choice", async (_, methods, question) => {
  const metadata = { token_endpoint_auth_methods_supported: methods };
  const scripted = home.owns(await startScriptedWorld({ metadata }));
  const screen = atTerminal(home, ["login", scripted.url, "@svc"]);
  await screen.answer(/client id: $/, typed("c"));
  await screen.answer(question, KEYS.ctrlD);
  expect(await screen.ended).toBe(1);
  expect(screen.text()).toMatch(/error: no .* given\nhint: give --/);
  expect(scripted.tokenRequests).toEqual([]);
});

test("a name that another server has is asked for again", async () => {
  const open = home.owns(await startMcpServer());
  expect((await home.run(["connect", open.url, "@taken"])).code).toBe(0);
  const screen = atTerminal(home, ["login", world.mcp.url]);
  await asFarAsTheName(screen);
  screen.type(typed("taken"));
  await screen.answer(/@taken belongs to .*\nname to keep it under .*: $/, typed("no name"));
  await screen.answer(/none; .*\nname to keep it under .*: $/, typed("free"));
  expect(await screen.ended).toBe(0);
  expect((await home.run(["@free", "tools-list"])).code).toBe(0);
});

test("a renewal offers the client that there was, and keeps the name", async () => {
  const { id, secret } = basic();
  const args = ["login", world.mcp.url, "@svc", "--client-id", id];
  expect((await home.run(args, { env: { M2MCP_CLIENT_SECRET: secret } })).code).toBe(0);
  const screen = atTerminal(home, ["login", world.mcp.url]);
  await screen.answer(/client id \[basic client\]: $/, KEYS.enter);
  await screen.answer(PROOF, KEYS.enter);
  await screen.answer(SECRET, typed(secret));
  expect(await screen.ended).toBe(0);
  expect(screen.text()).toMatch(/profile +@svc\n/);
});

test.each([
  ["that is none", 404, "", /no MCP endpoint at .* HTTP status 404/],
  ["where people sign in", 200, "<html><title>Sign in</title>", /where people sign in/],
])("nothing is asked for a path %s", async (_, status, html, says) => {
  const scripted = home.owns(
    await startScriptedWorld({
      before: ({ url }, response) =>
        url === "/wrong" &&
        response.writeHead(status, { "content-type": "text/html" }).end(html) !== undefined,
    }),
  );
  const screen = atTerminal(home, ["login", `${scripted.origin}/wrong`]);
  await screen.shows(/hint: /);
  expect(await screen.ended).toBeGreaterThan(1);
  expect(screen.text()).toMatch(says);
  expect(screen.text()).toContain(`${scripted.url} looks like`);
  expect(screen.text()).not.toContain("client id");
});

test("a server that names no grant for machines is said to before anything is typed", async () => {
  const metadata = { grant_types_supported: ["authorization_code"] };
  const scripted = home.owns(await startScriptedWorld({ metadata }));
  const screen = atTerminal(home, ["login", scripted.url]);
  await screen.answer(/only authorization_code: it may want a person at a browser\nclient id: $/, KEYS.ctrlC);
  expect(await screen.ended).toBe("SIGINT");
});

test("a server that asks for no token is kept under a name, or not", async () => {
  const open = home.owns(await startMcpServer());
  const no = atTerminal(home, ["login", open.url]);
  await no.answer(/asks for no authorization\nkeep the way to it under a name \[Y\/n\]: $/, typed("n"));
  expect(await no.ended).toBe(0);
  expect(no.text()).toContain(`m2mcp connect ${open.url} @name is all it needs`);
  expect(existsSync(join(home.folder, "store", "profiles"))).toBeFalse();
  const yes = atTerminal(home, ["login", open.url]);
  await yes.answer(/\[Y\/n\]: $/, KEYS.enter);
  await yes.answer(/name to keep it under .*: $/, typed("open"));
  expect(await yes.ended).toBe(0);
  const before = open.requests.length;
  expect(await atTerminal(home, ["@open", "tools-list"]).ended).toBe(0);
  expect(open.requests.length - before).toBe(1);
});

test("a secret at a question that wants yes or no is not shown, nor taken", async () => {
  const open = home.owns(await startMcpServer());
  const screen = atTerminal(home, ["login", open.url]);
  for (const wrong of ["s3cret-word", "yes3cret", "no "]) await screen.answer(/\[Y\/n\]: $/, typed(wrong));
  expect(await screen.ended).toBe(0);
  const text = screen.text();
  expect(text.match(/\nthat is neither y nor n, and was not taken\n/g)?.length).toBe(2);
  expect(text).toContain("[Y/n]: no \n");
  expect(text).not.toContain("s3c");
  expect(existsSync(join(home.folder, "store", "profiles"))).toBeFalse();
});

test("profiles stand in columns, at 80 and at 40, and whole in a pipe", async () => {
  const { id, secret } = basic();
  const args = ["login", world.mcp.url, "@svc", "--client-id", id];
  expect((await home.run(args, { env: { M2MCP_CLIENT_SECRET: secret } })).code).toBe(0);
  expect((await home.run(["connect", "@svc", "@desktop"])).code).toBe(0);
  const wide = atTerminal(home, ["profiles"], { columns: 140 });
  expect(await wide.ended).toBe(0);
  expect(wide.text()).toMatch(/^NAME +SERVER +LOGIN +METHOD +SCOPE +TOKEN$/m);
  expect(wide.text()).toMatch(/^@desktop +http\S+ +@svc +secret, basic +mcp:read +\d+ min left$/m);
  for (const columns of [80, 40]) {
    const screen = atTerminal(home, ["profiles"], { columns });
    expect(await screen.ended).toBe(0);
    const widths = screen
      .text()
      .split("\n")
      .map((line) => line.length);
    expect([columns, Math.max(...widths)]).toEqual([columns, expect.any(Number)]);
    if (columns === 80) expect(Math.max(...widths)).toBeLessThanOrEqual(80);
    expect(screen.text()).toContain("@desktop");
  }
  expect((await home.run(["profiles"])).stdout).toContain(`[client-credentials]  ${world.mcp.url}`);
});

describe("given up at a question", () => {
  const QUESTIONS: [string, (screen: Screen) => Promise<void>][] = [
    ["the id", (screen) => screen.shows(/client id: $/)],
    [
      "the secret",
      async (screen) => {
        await screen.answer(/client id: $/, typed(basic().id));
        await screen.answer(PROOF, KEYS.enter);
        await screen.shows(SECRET);
        screen.type("half of i");
      },
    ],
    ["the name", asFarAsTheName],
  ];
  const shell = 'stty -a > before; "$@"; echo "ended $?"; stty -a | cmp - before && echo restored';

  test.each(QUESTIONS)("%s, by Ctrl-C: exit code 130, and nothing is stored", async (_, reach) => {
    const screen = atTerminal(home, ["login", world.mcp.url], { shell });
    await reach(screen);
    screen.type(KEYS.ctrlC);
    expect(await screen.ended).toBe(0);
    expect(screen.text()).toMatch(/ended 130\nrestored\n$/);
    expect(screen.text()).not.toMatch(/error|half/);
    expect(existsSync(join(home.folder, "store", "profiles"))).toBeFalse();
  });

  test.each(["TERM", "HUP", "INT", "QUIT", "USR1", "ALRM"] as const)(
    "by SIG%s: the terminal is as it was",
    async (signal) => {
      const line = `stty -a > before; sh -c 'echo $$ > pid; exec "$@"' sh "$@"; stty -a | cmp - before && echo restored`;
      const screen = atTerminal(home, ["login", world.mcp.url], { shell: line });
      await screen.answer(/client id: $/, typed(basic().id));
      await screen.answer(PROOF, KEYS.enter);
      await screen.shows(SECRET);
      process.kill(Number(readFileSync(join(home.folder, "pid"), "utf8")), `SIG${signal}`);
      await screen.shows(/restored/);
      await screen.ended;
      expect(existsSync(join(home.folder, "store", "profiles"))).toBeFalse();
    },
  );
});
