// Each verb twice: what its options and arguments make it ask of the server, and what it writes of the answer.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { VERBS } from "../../lib/command-line/verbs.ts";
import { reply, type Scripted } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { createVerbHome, type VerbHome } from "../support/run-verb.ts";

const ANSWERS: Record<string, object> = {
  "tools/list": {
    tools: [{ name: "add", description: "Adds.", inputSchema: { properties: { a: { type: "number" } } } }],
  },
  "tools/call": { content: [{ type: "text", text: "3" }] },
  "resources/list": { resources: [{ uri: "a:b", mimeType: "text/plain", name: "B" }] },
  "resources/templates/list": { resourceTemplates: [{ uriTemplate: "a:{x}", name: "X" }] },
  "resources/read": { contents: [{ uri: "a:b", text: "inside" }] },
  "prompts/list": { prompts: [{ name: "p", arguments: [{ name: "x" }], description: "d" }] },
  "prompts/get": { messages: [{ role: "user", content: { type: "text", text: "q" } }] },
  ping: {},
};

let server: Scripted;
let home: VerbHome;
const tested = new Set<string>();
beforeAll(async () => {
  server = await startLegacyServer((asked) => reply(asked, ANSWERS[asked.method] ?? {}), {
    handshake: { serverInfo: { name: "scripted", version: "1" }, instructions: "Ask." },
  });
  home = createVerbHome();
  const { failed } = await home.run(["connect", server.url, "@svc"]);
  expect(failed).toBeUndefined();
});
afterAll(async () => {
  home.remove();
  await server.stop();
});
beforeEach(() => void server.seen.splice(0));

/** The last request that is neither handshake nor probe. */
const asked = () => {
  const last = server.seen.findLast(({ method }) => method in ANSWERS);
  return last && { [last.method]: last.params };
};

for (const [verb, words, request, people, programs] of [
  ["tools-list", [], { "tools/list": {} }, "add(a?: number)  Adds.\n", { tools: [{ name: "add" }] }],
  [
    "tools-get",
    ["add"],
    { "tools/list": {} },
    [
      "add",
      "Adds.",
      "",
      "may be destructive: the server does not say, so it may change or delete what is there",
      "",
      "Arguments:",
      "  a  number",
      "",
      "Example:",
      "  m2mcp @svc tools-call add",
      "",
    ].join("\n"),
    { name: "add" },
  ],
  [
    "tools-call",
    ["add", "a=1"],
    { "tools/call": { name: "add", arguments: { a: 1 } } },
    "3\n",
    ANSWERS["tools/call"],
  ],
  ["resources-list", [], { "resources/list": {} }, "a:b  text/plain  B\n", { resources: [{ uri: "a:b" }] }],
  [
    "resources-templates-list",
    [],
    { "resources/templates/list": {} },
    "a:{x}    X\n",
    { resourceTemplates: [{ uriTemplate: "a:{x}" }] },
  ],
  ["resources-read", ["a:b"], { "resources/read": { uri: "a:b" } }, "inside", ANSWERS["resources/read"]],
  ["prompts-list", [], { "prompts/list": {} }, "p  [x]  d\n", { prompts: [{ name: "p" }] }],
  [
    "prompts-get",
    ["p", "x=1"],
    { "prompts/get": { name: "p", arguments: { x: "1" } } },
    "user:\nq\n",
    ANSWERS["prompts/get"],
  ],
] as const)
  describe(verb, () => {
    tested.add(verb);
    test("asks what it was told to ask", async () => {
      const { failed } = await home.run(["@svc", verb, ...words]);
      expect(failed).toBeUndefined();
      expect(asked()).toMatchObject(request);
    });
    test("writes the answer for people, and whole for programs", async () => {
      expect(await home.run(["@svc", verb, ...words])).toEqual({ out: people, err: "" });
      const { out, err } = await home.run([verb, "@svc", ...words, "--json"]);
      expect([JSON.parse(out), err]).toMatchObject([programs, ""]);
    });
  });

describe("tools-call", () => {
  test("takes its arguments as JSON on stdin, and says that a tool failed", async () => {
    await home.run(["@svc", "tools-call", "add", "-"], {}, '{"a": 1.5}');
    expect(asked()).toMatchObject({ "tools/call": { name: "add", arguments: { a: 1.5 } } });
    for (const isError of [true, "true"]) {
      ANSWERS["tools/call"] = { isError, content: [{ type: "text", text: "no" }] };
      const { out, failed } = await home.run(["@svc", "tools-call", "add"]);
      expect([out, failed?.exitCode, failed?.message]).toEqual([
        "no\n",
        2,
        "the tool add answered with an error",
      ]);
    }
  });
});

describe("what nobody means", () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  test("arguments that are nested without end are refused in words", async () => {
    for (const [words, stdin] of [
      [["-"], `{"a":${deep}}`],
      [[`a:=${deep}`], ""],
    ] as const) {
      const { failed } = await home.run(["@svc", "tools-call", "add", ...words], {}, stdin);
      expect([failed?.exitCode, failed?.message]).toEqual([1, expect.stringContaining("nested deeper")]);
    }
  });
  test("more tools than a call takes arguments are listed", async () => {
    ANSWERS["tools/list"] = { tools: Array.from({ length: 150_000 }, (_, index) => ({ name: `t${index}` })) };
    const { out } = await home.run(["@svc", "tools-list"]);
    expect(out.split("\n").length).toBe(150_001);
  });
});

describe("ping", () => {
  tested.add("ping");
  test("asks for a sign of life, with the headers that it was given", async () => {
    await home.run(["ping", "@svc", "--header", "X-Tenant: acme"]);
    expect(asked()).toHaveProperty("ping");
    expect(server.seen.at(-1)?.request.headers["x-tenant"]).toBe("acme");
  });
  test("says how long it took", async () => {
    expect((await home.run(["ping", "@svc"])).out).toMatch(/^@svc answered in \d+ ms\n$/);
    expect(JSON.parse((await home.run(["ping", "@svc", "--json"])).out)).toMatchObject({ ok: true });
  });
});

describe("show", () => {
  tested.add("show");
  test("asks in the version that is pinned", async () => {
    await home.run(["show", "@svc", "--protocol", "2025-06-18"]);
    expect(server.seen.find(({ method }) => method === "initialize")?.params).toMatchObject({
      protocolVersion: "2025-06-18",
    });
  });
  test("writes what the server says of itself", async () => {
    expect((await home.run(["show", "@svc"])).out).toBe(
      "server        scripted 1\nprotocol      2025-11-25\ncapabilities  tools\n\nAsk.\n",
    );
    expect(JSON.parse((await home.run(["show", "@svc", "--json"])).out)).toMatchObject({
      name: "scripted",
      instructions: "Ask.",
    });
  });
});

describe("doctor", () => {
  tested.add("doctor");
  test("ends with a first call", async () => {
    await home.run(["doctor", "@svc"]);
    expect(server.count("initialize")).toBeGreaterThan(0);
  });
  test("writes each step, for people and for programs", async () => {
    const { out, failed } = await home.run(["doctor", "@svc"]);
    expect(failed).toBeUndefined();
    expect(out).toContain("ok    first call: scripted 1 answered, protocol 2025-11-25\n");
    const data = JSON.parse((await home.run(["doctor", "@svc", "--json"])).out);
    expect(data).toMatchObject({ server: server.url, ok: true });
    expect(data.steps.at(-1)).toMatchObject({ name: "first call", ok: true });
  });
});

describe("profiles, connect, login and logout", () => {
  for (const verb of ["profiles", "connect", "login", "logout"]) tested.add(verb);
  test("a connection keeps what its options say", async () => {
    const ca = join(import.meta.dir, "..", "support");
    const given = ["--header", "X-A: 1", "--allow-http", "h.example", "--protocol", "2025-11-25"];
    const connected = await home.run(["connect", server.url, "@kept", ...given]);
    expect(connected.out).toBe(`connected @kept to scripted 1 at ${server.url}\n  m2mcp @kept tools-list\n`);
    expect(connected.err).toContain("warning: plain http is allowed to h.example");
    await home.run(["@kept", "ping"]);
    expect(server.seen.at(-1)?.request.headers).toMatchObject({
      "x-a": "1",
      "mcp-protocol-version": "2025-11-25",
    });
    expect((await home.run(["ping", "@kept", "--ca", ca])).failed?.message).toContain("the file of --ca");
  });
  test("a login at a server that asks for none saves nothing, and says so", async () => {
    const { out } = await home.run([
      "login",
      server.url,
      "@none",
      "--client-id",
      "i",
      "--client-secret",
      "s",
    ]);
    expect(out).toContain(`${server.url} asks for no authorization: m2mcp connect ${server.url} @name`);
    expect(JSON.parse((await home.run(["profiles", "--json"])).out).profiles).not.toContainEqual(
      expect.objectContaining({ name: "none" }),
    );
  });
  test("profiles lists connections; logout removes one", async () => {
    const listed = await home.run(["profiles"]);
    expect(listed.out).toContain(`@svc   [no authorization]  ${server.url}`);
    expect(JSON.parse((await home.run(["logout", "@kept", "--json"])).out)).toEqual({ removed: ["kept"] });
    expect((await home.run(["logout", "@kept"])).failed?.code).toBe("no_profile");
  });
});

describe("store", () => {
  tested.add("store");
  test("moves its key to where --to says", async () => {
    const moved = await home.run(["store", "move", "--to", "passphrase"], { M2MCP_PASSPHRASE: "p" });
    expect(moved.out).toBe("the store's key is now from the new passphrase\n");
    const back = await home.run(["store", "move", "--to", "file"], { M2MCP_PASSPHRASE: "p" });
    expect(back.failed).toBeUndefined();
  });
  test("shows where the key is", async () => {
    const folder = join(home.folder, "store");
    expect((await home.run(["store"])).out).toBe(
      `folder  ${folder}\nkey     in a file beside the store, readable by this user alone\n`,
    );
    expect(JSON.parse((await home.run(["store", "--json"])).out)).toEqual({ folder, key: "file" });
  });
});

test("all verbs are here, or are run in another test than those that go over all of them", () => {
  const tests = join(import.meta.dir, "..");
  const others = readdirSync(tests, { recursive: true, encoding: "utf8" })
    .filter(
      (file) =>
        file.endsWith(".test.ts") && !/^(verbs\/verbs|command-line\/|e2e\/(examples|secrets))/.test(file),
    )
    .map((file) => readFileSync(join(tests, file), "utf8"));
  const untested = VERBS.filter(
    ({ name }) => !tested.has(name) && !others.some((text) => text.includes(`"${name}"`)),
  );
  expect(untested.map(({ name }) => name)).toEqual([]);
});

test("an authority's file that is none is refused by name", async () => {
  writeFileSync(join(home.folder, "ca.pem"), "no certificate");
  const { failed } = await home.run(["ping", "@svc", "--ca", "ca.pem"]);
  expect(failed?.message).toContain("ca.pem, the file of --ca, holds no certificate");
});
