// Profiles from one machine to another: without secrets, and nothing of a file believed that could do harm.
import { beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { homeForEachTest } from "../../support/home.ts";
import { type ScriptedWorld, startScriptedWorld } from "../../support/oauth/scripted-world.ts";

const home = homeForEachTest();
let world: ScriptedWorld;
const there = (folder: string) => ({ M2MCP_HOME: join(home.folder, folder) });
// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the shell
const HEADERS = ["--header", "X-Literal: header-s3cr3t", "--header", "Authorization-X: Bearer ${TEAM}"];

beforeEach(async () => {
  world = home.owns(await startScriptedWorld());
  home.env.TEAM = "team";
  const login = await home.run(
    [
      "login",
      `${world.url}?key=query-s3cr3t`,
      "@svc",
      "--client-id",
      "id",
      "--scope",
      "a",
      "--token-param",
      "p=param-s3cr3t",
      ...HEADERS,
    ],
    { env: { M2MCP_CLIENT_SECRET: "s3cr3t-value" } },
  );
  expect(login.code).toBe(0);
  expect(await home.run(["connect", "@svc", "@b"])).toMatchObject({ code: 0, stderr: "" });
});

test("go there and work once the secret is given; nothing secret is in the file", async () => {
  expect((await home.run(["export", "@b", "team.json"])).stdout).toBe(
    "@svc, @b in team.json, without secrets\n",
  );
  const text = readFileSync(join(home.folder, "team.json"), "utf8");
  expect(text).not.toContain("s3cr3t");
  expect(JSON.parse(text)).toMatchObject({
    format: "m2mcp profiles",
    version: 1,
    profiles: [{ name: "svc" }, { name: "b" }],
  });
  const taken = await home.run(["import", "team.json"], { env: there("other") });
  expect(taken.code).toBe(0);
  expect(taken.stdout).toContain(`imported @svc for ${world.url}\n`);
  expect(taken.stdout).toMatch(
    /secrets are not in the file; to give them:\n {2}m2mcp config @svc .*client-secret=-/,
  );
  expect(taken.stderr).toContain("@svc sends TEAM of the environment to");
  expect(taken.stderr).not.toContain("comes without");
  const without = await home.run(["@b", "tools-list"], { env: there("other") });
  expect([without.code, without.stderr]).toEqual([
    4,
    expect.stringContaining("was imported without its secret"),
  ]);
  const given = await home.run(["config", "@svc", "client-secret=-"], {
    env: there("other"),
    input: "another",
  });
  expect(given.code).toBe(0);
  expect((await home.run(["@b", "tools-list"], { env: there("other") })).code).toBe(0);
  expect(world.calls.at(-1)?.["authorization-x"]).toBe("Bearer team");
});

test("all of them through a pipe; the document is the output", async () => {
  const { stdout } = await home.run(["export"]);
  expect((await home.run(["export", "--json"])).stdout).toBe(stdout);
  const taken = await home.run(["import", "-", "--json"], { env: there("other"), input: stdout });
  expect(JSON.parse(taken.stdout).imported.sort()).toEqual(["b", "svc"]);
  expect(
    JSON.parse((await home.run(["profiles", "--json"], { env: there("other") })).stdout).profiles,
  ).toHaveLength(2);
});

test("of all of them, one that cannot be read is named, and makes the exit code 5", async () => {
  writeFileSync(join(home.folder, "store", "profiles", "b.m2mcp"), "x");
  const { code, stdout, stderr } = await home.run(["export"]);
  expect([code, JSON.parse(stdout).profiles.map(({ name }: { name: string }) => name)]).toEqual([5, ["svc"]]);
  expect(stderr).toContain("warning: b.m2mcp: ");
  expect(stderr).toContain("error: one profile cannot be read\n");
  const into = await home.run(["export", "f.json"]);
  expect([into.code, into.stdout]).toEqual([5, "@svc in f.json, without secrets\n"]);
  expect(into.stderr).toBe(stderr);
});

test("what mends all that cannot be read is said, where one thing does", async () => {
  // Whoever may read all has folders in the way.
  const inTheWay = (name: string) => mkdirSync(join(home.folder, "store", "profiles", `${name}.m2mcp`));
  for (const name of ["c", "d"]) inTheWay(name);
  for (const verb of [["profiles"], ["export"], ["grep", "word"]]) {
    const { code, stderr } = await home.run(verb);
    expect(code).toBe(5);
    expect(stderr).toMatch(/warning: c\.m2mcp: cannot read .*\nwarning: d\.m2mcp: cannot read /);
    expect(stderr).toEndWith(
      "error: 2 profiles cannot be read\nhint: the lines above name them; move away what stands there\n",
    );
  }
});

test("nothing that is there is overwritten, unless --force says so", async () => {
  const file = join(home.folder, "f.json");
  await home.run(["export", "f.json"]);
  const before = readFileSync(file);
  const again = await home.run(["export", "@svc", "f.json"]);
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("is there already")]);
  expect(readFileSync(file)).toEqual(before);
  const taken = await home.run(["import", "f.json"]);
  expect([taken.code, taken.stderr]).toEqual([
    1,
    expect.stringContaining("@b, @svc are there already; nothing was imported"),
  ]);
  expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
  expect((await home.run(["import", "f.json", "--force"])).code).toBe(0);
  expect((await home.run(["@svc", "tools-list"])).code).toBe(4);
  expect((await home.run(["export", "@svc", "f.json", "--force"])).code).toBe(0);
  expect(statSync(file).size).toBeLessThan(before.length);
});

const profile = (more: object) =>
  JSON.stringify({
    format: "m2mcp profiles",
    version: 1,
    profiles: [{ name: "x", server: "https://h.example/mcp", ...more }],
  });
const credentials = (more: object) =>
  profile({
    credentials: { grant: "client-credentials", clientId: "i", authentication: { kind: "secret" }, ...more },
  });

describe("a file that is not ours is refused in words, and nothing of it is kept:", () => {
  test.each([
    ["no JSON", "PK\u0003\u0004", "it is not JSON"],
    ["another document", "{}", "its format is not"],
    ["a newer one", '{"format":"m2mcp profiles","version":2,"profiles":[]}', "update m2mcp"],
    ["none", '{"format":"m2mcp profiles","version":1,"profiles":[]}', "it holds no profiles"],
    ["a name that is a path", profile({ name: "../../etc/passwd" }), "profile 1: name is not"],
    ["a name that steers", profile({ name: "a\u001b[2J" }), "profile 1: name is not"],
    ["no server", profile({ server: undefined }), "@x has no server"],
    ["a server by plain http", profile({ server: "http://h.example/mcp" }), "@x: server is not"],
    ["a server with a password", profile({ server: "https://u:p@h.example/mcp" }), "@x: server is not"],
    ["a login that is not in it", profile({ login: "svc" }), "@x uses a login that is not in it"],
    ["a header that forges another", profile({ headers: [["X", "a\r\nY: b"]] }), "@x: headers is not"],
    ["headers that are none", profile({ headers: { a: 1 } }), "@x: headers is not"],
    ["a protocol that is none", profile({ protocol: "9999" }), "@x: protocol is not"],
    ["a limit that is none", profile({ timeoutMs: "1e999" }), "@x: timeoutMs is not"],
    ["filters that are none", profile({ tools: ["get_*"] }), "@x: tools is not"],
    ["a filter that is no yes", profile({ tools: { readOnly: "true" } }), "@x: tools is not"],
    ["a filter that is not known", profile({ tools: { allow: ["a"], readonly: true } }), "@x: tools is not"],
    ["an unknown grant", credentials({ grant: "password" }), "the credentials of @x: grant is not"],
    ["an unknown proof", credentials({ authentication: { kind: "magic" } }), "authentication is not"],
    ["an issuer by plain http", credentials({ issuer: "http://evil.example" }), "issuer is not"],
    [
      "a token endpoint that is none",
      credentials({ tokenEndpoint: "file:///etc/passwd" }),
      "tokenEndpoint is not",
    ],
    [
      "the same name twice",
      JSON.stringify({
        format: "m2mcp profiles",
        version: 1,
        profiles: [1, 2].map(() => ({ name: "x", server: "https://h.example" })),
      }),
      "it holds @x twice",
    ],
  ])("%s", async (_, text, says) => {
    writeFileSync(join(home.folder, "f.json"), text);
    const { code, stdout, stderr } = await home.run(["import", "f.json"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(says);
    expect(stderr).not.toMatch(/evil|passwd/);
    expect((await home.run(["profiles"])).stdout).not.toContain("@x");
  });
});

test("commands and paths that a file names as the place of secrets are neither run nor read", async () => {
  const pwned = join(home.folder, "pwned");
  const command = { from: "command", command: `touch ${pwned}` };
  const file = { from: "file", path: "/etc/passwd" };
  for (const [name, authentication] of Object.entries({
    run: { kind: "secret", secret: command },
    read: { kind: "secret", secret: file },
    value: { kind: "secret", secret: { from: "value", value: "theirs" } },
    key: { kind: "private_key", key: file, passphrase: command },
    asserted: { kind: "assertion", assertion: command },
  })) {
    const text = credentials({ authentication, tokenEndpoint: `${world.origin}/token`, tls: undefined })
      .replace('"x"', `"${name}"`)
      .replace("https://h.example/mcp", world.url);
    expect((await home.run(["import", "-"], { input: text })).code).toBe(0);
    const before = world.tokenRequests.length;
    const { code, stderr } = await home.run([`@${name}`, "tools-list"]);
    expect([name, code, stderr]).toEqual([
      name,
      4,
      expect.stringContaining("was imported without its secret"),
    ]);
    expect(world.tokenRequests.length).toBe(before);
  }
  expect(existsSync(pwned)).toBeFalse();
});

test("what of a file is not taken is told", async () => {
  const profile = { name: "c", server: world.url, readOnly: true };
  writeFileSync(
    join(home.folder, "c.json"),
    JSON.stringify({ format: "m2mcp profiles", version: 1, profiles: [profile] }),
  );
  const { code, stderr } = await home.run(["import", "c.json"]);
  expect([code, stderr]).toEqual([
    0,
    "warning: @c comes without readOnly, which import takes from no file\n",
  ]);
});
