// Every verb in every mode, with secrets from the environment or from a profile: none may be seen but in the request.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { VERBS } from "../../../lib/command-line/verbs.ts";
import { openProfileStore } from "../../../lib/verbs/target/saved.ts";
import { deadUrl } from "../../support/net/listen.ts";
import { known, S } from "./forms.ts";
import { callsOf, habits, handshake, MODES, secretWorld } from "./world.ts";

const world = secretWorld();

async function eachVerb(target: string, env: Record<string, string>) {
  for (const call of callsOf(target, "all")) {
    const input = call[0] === "bridge" ? handshake : "";
    await Promise.all(MODES.map((mode) => world.hush([...call, ...mode], { env, input })));
  }
}

test("no secret is seen, whatever verb, mode and outcome; from variables, with headers and parameters", async () => {
  const refused = await deadUrl();
  const env = {
    M2MCP_CLIENT_ID: "id",
    M2MCP_CLIENT_SECRET: S.variable,
    M2MCP_HEADER: `X-Literal: ${S.headerLiteral}\nX-Variable: \${HIDDEN}`,
    HIDDEN: S.headerVariable,
    M2MCP_TOKEN_PARAM: `extra=${S.tokenParam}`,
    BUN_CONFIG_VERBOSE_FETCH: "curl",
  };
  const query = `?key=${S.urlQuery}`;
  // A secret that one issuer took goes to another one upon the user's word alone.
  const of = (place: string) => ({ ...env, M2MCP_ISSUER: `${world.origin}/as/${place}` });
  await eachVerb(`${world.origin}/mcp${query}`, of("mcp"));
  await eachVerb(`${world.origin}/refuse`, of("refuse"));
  await eachVerb(`${world.origin}/echo`, of("echo"));
  await eachVerb(`${refused}${query}`, env);
  const ok = await world.hush(["tools-list", `${world.origin}/mcp`], { env: of("mcp") });
  expect([ok.code, ok.stdout]).toEqual([0, expect.stringMatching(/^t\b.*\n$/)]);
  expect((await world.hush(["login", `${world.origin}/refuse`], { env: of("refuse") })).stderr).toContain(
    "wrong: ",
  );
  expect((await world.hush(["show", `${world.origin}/echo`], { env: of("echo") })).stderr).toContain("bad: ");
}, 240_000);

test("no secret is seen of a profile that holds them", async () => {
  const literal = ["--header", `X-Literal: ${S.headerLiteral}`, "--token-param", `extra=${S.tokenParam}`];
  for (const [name, path] of [
    ["good", `/mcp?key=${S.urlQuery}`],
    ["echo", "/echo"],
    ["bound", "/dpop"],
  ] as const) {
    const login = [
      "login",
      `${world.origin}${path}`,
      `@${name}`,
      "--client-id",
      "id",
      "--client-secret",
      S.flag,
    ];
    // A login whose token is refused at once is none.
    habits.echoes = false;
    const { code } = await world.hush([...login, ...literal, ...(name === "bound" ? ["--dpop"] : [])]);
    habits.echoes = true;
    expect(code).toBe(0);
  }
  const store = openProfileStore({ env: { M2MCP_HOME: join(world.home.folder, "store") }, warn() {} });
  const proof = (await store.readState("bound"))?.auth?.dpop?.jwk;
  expect(typeof proof?.d).toBe("string");
  known.proofKey = proof?.d ?? "";
  for (const name of ["good", "echo", "bound"])
    for (const call of callsOf(`@${name}`, `of-${name}`)) {
      if (call[0] === "login" || call[0] === "logout") continue;
      for (const mode of MODES)
        await world.hush([...call, ...mode], { input: call[0] === "bridge" ? handshake : "" });
    }
  expect((await world.hush(["@bound", "tools-list"])).stdout).toMatch(/^t\b.*\n$/);
}, 120_000);

test("no secret is seen in any help", async () => {
  for (const { name } of VERBS)
    await world.hush([name, "--help"], {
      env: { M2MCP_CLIENT_SECRET: S.variable, M2MCP_PASSPHRASE: S.passphrase },
    });
});

world.testFiles(440, (files) => {
  expect(files.some((file) => file.endsWith("good.m2mcp"))).toBe(true);
});
