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
    [["--assertion-audience", "issuer"], "--assertion-audience is for an assertion that is made for it"],
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

  const ID = ["--client-id", "id"];
  const EXCHANGE = [...ID, "--grant", "token-exchange", "--subject-token-env", "T"];
  const ID_JAG = [
    ...CLIENT,
    "--grant",
    "id-jag",
    "--subject-token-env",
    "T",
    "--idp-issuer",
    "https://idp.example",
  ];
  const AT_IDP = [...ID_JAG, "--idp-client-secret", "s"];
  test.each([
    [
      [...ID, "--client-assertion-file", "f", "--assertion-audience", "issuer"],
      "--assertion-audience is for an assertion that is made for it",
    ],
    [
      ["--grant", "jwt-bearer", "--client-assertion-env", "T", "--client-assertion-type", "urn:a"],
      "--client-assertion-type is for",
    ],
    [
      ["--grant", "jwt-bearer", "--client-assertion-env", "T", "--assertion-subject", "a"],
      "--assertion-subject is for",
    ],
    [[...EXCHANGE, "--actor-token-type", "jwt"], "--actor-token-type is for an actor's token"],
    [[...EXCHANGE, "--assertion-audience", "issuer"], "--assertion-audience is for"],
    [
      [...AT_IDP, "--idp-key-id", "a"],
      "--idp-key-id is for --idp-private-key PATH or --idp-sign-command COMMAND, which is not given",
    ],
    [
      [...AT_IDP, "--idp-assertion-audience", "issuer"],
      "--idp-assertion-audience is for an assertion that is made for it: --idp-private-key PATH",
    ],
    [[...AT_IDP, "--idp-client-assertion-type", "urn:a"], "--idp-client-assertion-type is for"],
    [
      [...AT_IDP, "--idp-private-key-passphrase-file", "p"],
      "--idp-private-key-passphrase-file is for --idp-private-key PATH",
    ],
    [
      [...ID, "--assertion", "github-actions", "--assertion-identity", "a"],
      "--assertion-identity is nothing that github-actions can be told",
    ],
    [
      [...ID, "--assertion", "gcp", "--assertion-lifetime", "60"],
      "--assertion-lifetime is nothing that gcp can be told",
    ],
    [
      [...ID, "--assertion", "azure", "--signing-alg", "ES256"],
      "--signing-alg is nothing that azure can be told",
    ],
    [
      ["--token", "circleci", "--assertion-identity", "a"],
      "--assertion-identity is nothing that circleci can be told",
    ],
  ])("%p", async (flags, words) => {
    const { code, stderr } = await home.run(["tools-list", world.url, ...flags], {
      env: { T: "e30.e30.e30" },
    });
    expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
  });

  test("is heard where one of several is told, or nobody knows yet", async () => {
    for (const flags of [
      [...ID, "--assertion", "auto", "--assertion-identity", "a", "--assertion-lifetime", "60"],
      [
        ...EXCHANGE.slice(0, 4),
        "--subject-token",
        "gcp",
        "--actor-token",
        "circleci",
        "--assertion-identity",
        "a",
      ],
      [...EXCHANGE.slice(0, 4), "--subject-token", "circleci", "--assertion-audience", "issuer"],
      [...ID, "--private-key", "/no/key.pem", "--client-assertion-type", "urn:a"],
      [
        ...ID_JAG.slice(0, -4),
        "--subject-token",
        "circleci",
        ...ID_JAG.slice(-2),
        "--idp-client-secret",
        "s",
        "--idp-assertion-audience",
        "issuer",
      ],
    ]) {
      const { stderr } = await home.run(["tools-list", world.url, ...flags]);
      expect(stderr).not.toMatch(/which is not given|can be told/);
    }
  });
});
