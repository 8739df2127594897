// The settings of a profile, shown and changed one by one, as login would take them.
import { beforeEach, describe, expect, test } from "bun:test";
import { homeForEachTest } from "../../support/home.ts";
import { type ScriptedWorld, startScriptedWorld } from "../../support/oauth/scripted-world.ts";
import { atTerminal, KEYS } from "../../support/terminal.ts";

const home = homeForEachTest();
const SECRETS = ["s3cr3t-value", "header-s3cr3t", "param-s3cr3t"];
let world: ScriptedWorld;
beforeEach(async () => {
  world = home.owns(await startScriptedWorld());
  const login = await home.run(
    [
      "login",
      world.url,
      "@svc",
      "--client-id",
      "id",
      "--header",
      "X-Literal: header-s3cr3t",
      "--token-param",
      "p=param-s3cr3t",
    ],
    { env: { M2MCP_CLIENT_SECRET: "s3cr3t-value" } },
  );
  expect(login.code).toBe(0);
});
const config = (...settings: string[]) => home.run(["config", "@svc", ...settings]);
const settings = async () => JSON.parse((await home.run(["@svc", "config", "--json"])).stdout).settings;

test("all that is set is shown, and no secret", async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the shell
  await config("header=X-Team: ${TEAM}");
  const { stdout } = await config();
  for (const shown of [
    "client-id      id",
    "client-secret  kept",
    `issuer         ${world.origin}`,
    "token-param    p=…",
    "X-Literal: …",
  ])
    expect(stdout).toContain(shown);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the shell
  expect(stdout).toContain("X-Team: ${TEAM}");
  for (const secret of SECRETS) expect(stdout).not.toContain(secret);
  expect((await config("client-id")).stdout).toBe("id\n");
});

test("a changed scope is what the next token is asked for with; an unset one is none", async () => {
  expect((await config("scope=a b", "audience=api")).code).toBe(0);
  expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
  expect(Object.fromEntries(world.tokenRequests.at(-1) ?? [])).toMatchObject({
    scope: "a b",
    audience: "api",
    p: "param-s3cr3t",
  });
  await config("scope=", "audience=", "no-resource=yes");
  expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
  const asked = Object.fromEntries(world.tokenRequests.at(-1) ?? []);
  expect([asked.scope, asked.audience, asked.resource]).toEqual([undefined, undefined, undefined]);
  await config("resource=");
  await home.run(["@svc", "tools-list"]);
  expect(world.tokenRequests.at(-1)?.get("resource")).toBe(world.url);
});

test("limits of this side change without a new token", async () => {
  const before = world.tokenRequests.length;
  expect((await config("timeout=7", "read-only=Yes", "deny-tool=drop*")).code).toBe(0);
  expect(await settings()).toMatchObject({ timeout: "7", "read-only": "yes", "deny-tool": "drop*" });
  expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
  expect(world.tokenRequests.length).toBe(before);
  await config("timeout=", "read-only=NO", "deny-tool=");
  expect(await settings()).toMatchObject({ timeout: null, "read-only": null, "deny-tool": null });
  // What stands last counts.
  await config("timeout=7", "timeout=", "deny-tool=", "deny-tool=drop*", "read-only=yes", "read-only=no");
  expect(await settings()).toMatchObject({ timeout: null, "read-only": null, "deny-tool": "drop*" });
  await config("deny-tool=");
});

test("a new secret comes from stdin, or is typed unseen; the method stays", async () => {
  await config("auth-method=client_secret_post");
  expect((await home.run(["config", "@svc", "client-secret=-"], { input: "from-stdin\n" })).code).toBe(0);
  await home.run(["@svc", "tools-list"]);
  expect(world.tokenRequests.at(-1)?.get("client_secret")).toBe("from-stdin");
  const screen = atTerminal(home, ["config", "@svc", "client-secret=-"]);
  await screen.answer(/client secret: $/, `typed${KEYS.enter}`);
  expect(await screen.ended).toBe(0);
  expect(screen.text()).not.toContain("typed");
  await home.run(["@svc", "tools-list"]);
  expect(world.tokenRequests.at(-1)?.get("client_secret")).toBe("typed");
  await config("auth-method=");
  await home.run(["@svc", "tools-list"]);
  expect(world.tokenRequests.at(-1)?.has("client_secret")).toBeFalse();
});

describe("what login would not take changes nothing:", () => {
  test.each([
    ["scop=a", "did you mean scope"],
    ["s3cr3t-of-sorts=abc", "there are header, protocol"],
    ["timeout=soon", "--timeout soon is no number"],
    ["protocol=1999-01-01", "it is one of 2026-07-28"],
    ["issuer=nowhere", "--issuer nowhere is no URL"],
    ["token-endpoint=http://as.example/token", "plain http"],
    ["header=nonsense", "not of the form 'Name: value'"],
    ["auth-method=private_key_jwt", "does not go with how the client proves itself"],
    ["auth-method=magic", "there are client_secret_basic"],
    ["read-only=perhaps", "write read-only=yes"],
    ["private-key=/nonexistent/key.pem", "--private-key"],
    ["client-id=", "cannot be unset"],
    ["server=https://other.example/mcp", "unknown setting"],
  ])("%s", async (word, says) => {
    const before = await settings();
    const { code, stdout, stderr } = await config(word);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(says);
    expect(stderr).not.toContain("abc");
    expect(await settings()).toEqual(before);
  });
});

test("what belongs to a borrowed login is changed there", async () => {
  expect((await home.run(["connect", "@svc", "@b"])).code).toBe(0);
  const { code, stderr } = await home.run(["config", "@b", "scope=a"]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("m2mcp config @svc scope=…")]);
  expect((await home.run(["config", "@b", "timeout=3"])).code).toBe(0);
  expect((await home.run(["config", "@b"])).stdout).toContain("client-id      id");
});

test("settings that several commands change at once are all kept", async () => {
  const changes = [
    "timeout=8",
    "read-only=yes",
    "deny-tool=drop*",
    "allow-tool=*",
    "protocol=2025-11-25",
    "header=X-A: b",
  ];
  const codes = await Promise.all(changes.map(async (change) => (await config(change)).code));
  expect(codes).toEqual(changes.map(() => 0));
  expect(await settings()).toMatchObject({
    timeout: "8",
    "read-only": "yes",
    "deny-tool": "drop*",
    "allow-tool": "*",
    protocol: "2025-11-25",
    header: "X-Literal: … X-A: …",
  });
});
