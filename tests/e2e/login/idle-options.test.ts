// An option on the command line either counts, or is refused with what it is for: none goes unheard. A variable may stand
// there for other servers.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHome, type Home } from "../../support/home.ts";
import { type ScriptedWorld, startScriptedWorld } from "../../support/oauth/scripted-world.ts";

let world: ScriptedWorld;
let home: Home;
beforeAll(async () => {
  world = await startScriptedWorld();
  home = createHome();
  const { code } = await home.run(["login", world.url, "@svc", "--client-id", "id", "--client-secret", "s"]);
  expect(code).toBe(0);
});
afterAll(async () => {
  await home.remove();
  await world.stop();
});

describe("a saved login is not changed by", () => {
  test.each([
    [["--scope", "a"]],
    [["--grant", "jwt-bearer"]],
    [["--audience", "a"]],
    [["--dpop"]],
    [["--token-lifetime", "9"]],
    [["--idp-issuer", "https://idp.example.com"]],
    [["--client-id", "other"]],
  ])("%p", async (flags) => {
    const { code, stderr } = await home.run(["@svc", "tools-list", ...flags]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`@svc has credentials of its own, which ${flags[0]} does not change`),
    ]);
  });
});

describe("without credentials nothing can be said of them by", () => {
  test.each([
    [["--scope", "a"]],
    [["--grant", "jwt-bearer"]],
    [["--dpop"]],
    [["--issuer", "https://as.example.com"]],
  ])("%p", async (flags) => {
    for (const before of [
      ["tools-list", world.url],
      ["connect", world.url, "@other"],
    ]) {
      const { code, stderr } = await home.run([...before, ...flags]);
      expect([code, stderr]).toEqual([
        1,
        expect.stringContaining(`${flags[0]} says something of credentials, and none are given with it`),
      ]);
    }
  });
  test("a grant that is none", async () => {
    const { code, stderr } = await home.run(["tools-list", world.url, "--grant", "jwt-baerer"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("did you mean --grant jwt-bearer")]);
  });
});

describe("of another grant or proof is", () => {
  const CLIENT = ["--client-id", "id", "--client-secret", "s"];
  test.each([
    [["--subject-token-file", "t"], "--subject-token-file is for --grant token-exchange or id-jag"],
    [["--actor-token-env", "T", "--grant", "id-jag", "--subject-token-env", "T"], "--actor-token-env is for"],
    [["--idp-client-id", "a"], "--idp-client-id is for --grant id-jag"],
    [["--assertion-identity", "a"], "--assertion-identity is for a platform's token"],
    [["--assertion-subject", "a"], "--assertion-subject is for --grant jwt-bearer"],
    [["--client-assertion-type", "urn:a"], "--client-assertion-type is for an assertion"],
    [["--key-id", "a"], "--key-id is for --private-key PATH or --sign-command COMMAND"],
    [["--signing-alg", "ES256"], "--signing-alg is for"],
    [["--private-key-passphrase-file", "p"], "--private-key-passphrase-file is for --private-key PATH"],
  ])("%p", async (flags, words) => {
    for (const verb of [
      ["tools-list", world.url],
      ["login", world.url, "@other"],
    ]) {
      const { code, stderr } = await home.run([...verb, ...CLIENT, ...flags]);
      expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
    }
  });

  test("let be as a variable", async () => {
    const env = { M2MCP_KEY_ID: "a", M2MCP_IDP_ISSUER: "https://idp.example.com", M2MCP_SCOPE: "a" };
    expect(await home.run(["tools-list", world.url, ...CLIENT], { env })).toMatchObject({ code: 0 });
    expect(await home.run(["@svc", "tools-list"], { env })).toMatchObject({ code: 0 });
  });
});
