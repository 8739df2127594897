import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { BINARY, createHome, type Home } from "../support/home.ts";
import { logIn, startWorld, type World } from "../support/world.ts";

let world: World;
let home: Home;
beforeAll(async () => {
  world = await startWorld();
  home = createHome();
  await logIn(world, home);
});
afterAll(async () => {
  home.remove();
  await world.end();
});

const json = async (...args: string[]) => {
  const { code, stdout } = await home.run([...args, "--json"]);
  return { code, data: JSON.parse(stdout) };
};

describe("the seed's three lines", () => {
  test("exit 0 and do what they say", async () => {
    const fresh = createHome();
    const { id, secret } = world.as.clients.basic;
    const login = await fresh.run([
      "login",
      world.mcp.url,
      "--grant",
      "client-credentials",
      "--client-id",
      id,
      "--client-secret",
      secret,
      "--scope",
      "mcp:read",
      "--token-endpoint",
      world.as.tokenEndpoint,
    ]);
    expect(login.code).toBe(0);
    const connect = await fresh.run(["connect", world.mcp.url, "@svc"]);
    expect(connect.code).toBe(0);
    expect(connect.stdout).toContain("test-server 1.2.3");
    const list = await fresh.run(["@svc", "tools-list"]);
    expect(list.code).toBe(0);
    expect(list.stdout).toMatch(/^echo\(text: string\) +read-only +Says what it was told$/m);
    const profiles = await fresh.run(["profiles"]);
    expect(profiles.stdout).toContain("[client-credentials]");
    expect(profiles.stdout).toContain("@svc");
    fresh.remove();
  });
});

describe("one-off commands", () => {
  test("both spellings give the same", async () => {
    const [one, other] = [await home.run(["@svc", "tools-list"]), await home.run(["tools-list", "@svc"])];
    expect(one).toEqual(other);
    expect(one.code).toBe(0);
  });

  test("a warm one makes one HTTP request, and none to the authorization server", async () => {
    await home.run(["@svc", "tools-list"]);
    const [requests, tokens] = [world.mcp.requests.length, world.as.tokenRequests.length];
    await home.run(["@svc", "tools-list"]);
    expect(world.mcp.requests.length - requests).toBe(1);
    expect(world.as.tokenRequests.length - tokens).toBe(0);
  });

  test("tools-list and tools-get", async () => {
    const { data } = await json("@svc", "tools-list");
    expect(JSON.stringify(data)).toContain('"inputSchema"');
    const one = await home.run(["@svc", "tools-get", "add"]);
    expect(one.code).toBe(0);
    expect(one.stdout).toContain("Adds two numbers");
    const none = await home.run(["@svc", "tools-get", "ad"]);
    expect(none.code).not.toBe(0);
    expect(none.stderr).toContain("add");
  });

  test("tools-call with pairs, with JSON values, with an object on stdin", async () => {
    expect((await home.run(["@svc", "tools-call", "echo", "text=a=b 1"])).stdout).toBe("a=b 1\n");
    expect((await json("@svc", "tools-call", "add", "a:=1", "b:=2")).data.structuredContent).toEqual({
      sum: 3,
    });
    expect((await home.run(["@svc", "tools-call", "add"], { input: '{"a":20,"b":22}' })).stdout).toBe("42\n");
  });

  test("an error of the tool and one of the server exit with 2", async () => {
    const failed = await home.run(["@svc", "tools-call", "fail"]);
    expect(failed).toMatchObject({ code: 2, stdout: "it went wrong\n" });
    const unknown = await home.run(["@svc", "resources-read", "memo://none"]);
    expect(unknown.code).toBe(2);
    expect(unknown.stdout).toBe("");
    expect(unknown.stderr).toContain("error:");
  });

  test("resources and prompts", async () => {
    expect((await home.run(["@svc", "resources-list"])).stdout).toContain("memo://one");
    expect((await home.run(["@svc", "resources-read", "memo://one"])).stdout.trim()).toBe(
      "remember the milk",
    );
    expect((await json("@svc", "resources-read", "memo://pixel")).data.contents[0].mimeType).toBe(
      "image/png",
    );
    expect((await home.run(["@svc", "prompts-list"])).stdout).toContain("greet");
    expect((await home.run(["@svc", "prompts-get", "greet", "name=Bo"])).stdout).toContain("Greet Bo");
    expect((await home.run(["@svc", "resources-templates-list"])).code).toBe(0);
  });

  test("ping and show", async () => {
    expect((await home.run(["@svc", "ping"])).code).toBe(0);
    const show = await home.run(["show", "@svc"]);
    expect(show.stdout).toContain("test-server");
    expect(show.stdout).toContain("1.2.3");
    expect(show.stdout).toContain("Use echo to hear yourself.");
  });

  test("at a terminal @svc alone shows the server", async () => {
    const child = Bun.spawn(["script", "-qec", `${BINARY} @svc`, "/dev/null"], {
      env: { ...home.env, TERM: "xterm" },
      stdout: "pipe",
    });
    expect(await new Response(child.stdout).text()).toContain("test-server");
    expect(await child.exited).toBe(0);
  });

  test("nobody there is exit 3, no login is exit 4, an unknown name is exit 1", async () => {
    expect((await home.run(["http://127.0.0.1:1/mcp", "tools-list"])).code).toBe(3);
    const fresh = createHome();
    const unauthorized = await fresh.run([world.mcp.url, "tools-list"]);
    expect(unauthorized.code).toBe(4);
    expect(unauthorized.stderr).toContain("m2mcp login");
    const unknown = await home.run(["@scv", "tools-list"]);
    expect(unknown.code).toBe(1);
    fresh.remove();
  });

  test("a call that waits for a pipe to end says so, and then takes what came", async () => {
    const piped = createHome(["sh", "-c", `(sleep 5; echo '{"text":"late"}') | exec "${BINARY}" "$@"`, "sh"]);
    const options = { env: home.env };
    const { code, stdout, stderr } = await piped.run(["@svc", "tools-call", "echo"], options);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "late\n" });
    expect(stderr).toContain("waiting for the end of stdin");
    piped.remove();
  }, 60_000);

  test("errors are JSON with --json", async () => {
    const { stdout, code } = await home.run(["http://127.0.0.1:1/mcp", "tools-list", "--json"]);
    expect(code).toBe(3);
    expect(JSON.parse(stdout).error).toMatchObject({ code: -31003, name: "connection_refused", exitCode: 3 });
  });

  test("every verb's help has an example and opens nothing", async () => {
    const { stdout } = await home.run(["help", "commands"]);
    const verbs = [...stdout.matchAll(/^ {2}([a-z][a-z-]+)(?= [<[]| {2}|$)/gm)].map(([, verb]) => verb ?? "");
    expect(verbs.length).toBeGreaterThan(12);
    const empty = createHome();
    for (const verb of verbs) {
      const help = await empty.run([verb, "--help"]);
      expect(help.code).toBe(0);
      expect(help.stdout).toMatch(/Example/i);
      expect(help.stdout).toContain(`m2mcp ${verb}`);
    }
    expect((await empty.run(["--version"])).stdout).toMatch(/\d+\.\d+\.\d+/);
    empty.remove();
  });
});
