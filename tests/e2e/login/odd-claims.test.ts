// What tokens say of themselves is anybody's: claims of odd types, and dates that no calendar has.
import { beforeEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { homeForEachTest } from "../../support/home.ts";
import { type ScriptedWorld, startScriptedWorld } from "../../support/oauth/scripted-world.ts";

const home = homeForEachTest();
let world: ScriptedWorld;
beforeEach(async () => {
  world = home.owns(await startScriptedWorld());
});
const encoded = (text: string) => Buffer.from(text).toString("base64url");
/** A JWT with claims as they are written. */
const jwt = (claims: string) => `${encoded('{"alg":"ES256"}')}.${encoded(claims)}.c2lnbmF0dXJl`;
const file = (name: string, text: string) => {
  const path = join(home.folder, name);
  writeFileSync(path, text);
  return path;
};
const CRASH = /did not foresee|\[object|NaN|undefined/;

describe("a date beyond the calendar", () => {
  for (const at of ["1e400", "1e300", "8640000000001", "10000000000000", "-1e300"])
    test(`as the end of a token (${at}) is shown as far as there are dates`, async () => {
      const path = file("token", jwt(`{"sub":"me","exp":${at}}`));
      for (const verb of ["token", "whoami", "doctor"]) {
        const { code, stdout, stderr } = await home.run([verb, world.url, "--token-file", path, "--json"]);
        expect([verb, code, stdout + stderr]).toEqual([
          verb,
          at.startsWith("-") || verb === "doctor" ? 4 : 0,
          expect.not.stringMatching(CRASH),
        ]);
      }
    });

  test("is no matter in what a command prints, and in the answer to a registration", async () => {
    for (const member of ['"expires_in":1e300', '"expires_at":1e300', '"expires_on":"1e300"']) {
      const path = file("printed", `{"access_token":"t${member.length}",${member}}`);
      const args = [world.url, "--token-command", `cat '${path}'`];
      const { code, stdout } = await home.run(["token", ...args, "--json"]);
      expect([code, JSON.parse(stdout).tokenType]).toEqual([0, "Bearer"]);
    }
    const secret = file("secret", '{"client_id":"id","client_secret":"s","client_secret_expires_at":1e300}');
    const doctor = await home.run([
      ...["doctor", world.url, "--client-id", "id", "--client-secret-file", secret],
    ]);
    expect([doctor.code, doctor.stdout + doctor.stderr]).toEqual([0, expect.not.stringMatching(CRASH)]);
  });
});

describe("claims of odd types", () => {
  const odd = [
    '{"iss":5,"sub":{"a":1},"aud":[1,{"a":2},null],"scope":7,"exp":"soon","iat":{}}',
    '{"iss":["x"],"sub":null,"aud":{"a":2},"exp":[],"nbf":"x","cnf":"x"}',
  ];
  for (const claims of odd)
    test(`${claims} are shown as they are, and nothing is made of them`, async () => {
      const path = file("token", jwt(claims));
      const ways = [
        ["--token-file", path],
        ["--client-id", "id", "--client-assertion-file", path],
        ["--grant", "jwt-bearer", "--client-assertion-file", path],
        ["--grant", "token-exchange", "--subject-token-file", path],
      ];
      for (const way of ways)
        for (const verb of ["whoami", "doctor"]) {
          const { code, stdout, stderr } = await home.run([verb, world.url, ...way]);
          expect([code, stdout + stderr]).toEqual([
            way.length === 2 && verb === "doctor" ? 4 : 0,
            expect.not.stringMatching(CRASH),
          ]);
        }
    });

  test("name no identity provider", async () => {
    const args = ["--grant", "id-jag", "--client-id", "id", "--subject-token-file"];
    for (const claims of odd) {
      const { code, stderr } = await home.run(["tools-list", world.url, ...args, file("id", jwt(claims))]);
      expect([code, stderr]).toEqual([4, expect.stringContaining("give --idp-issuer URL")]);
    }
  });
});

test("what an identity provider issues is given on only where it is an ID-JAG by its type or its header", async () => {
  let issued: object = {};
  const idp = home.owns(
    await startScriptedWorld({ token: (_, response) => response.end(JSON.stringify(issued)) }),
  );
  const path = file("id", jwt(`{"iss":"${idp.origin}","aud":"c"}`));
  const header = encoded('{"alg":"ES256","typ":"oauth-id-jag+jwt"}');
  for (const [answer, isTaken] of [
    [{ access_token: "opaque", token_type: "Bearer" }, false],
    [{ access_token: jwt("{}"), token_type: "Bearer", issued_token_type: 5 }, false],
    [{ access_token: `${header}.e30.c2ln`, token_type: "N_A" }, true],
  ] as const) {
    issued = answer;
    const before = world.tokenRequests.length;
    const { code, stderr } = await home.run([
      ...[
        "tools-list",
        `${world.url}?${answer.access_token.length}`,
        "--grant",
        "id-jag",
        "--client-id",
        "id",
      ],
      ...["--subject-token-file", path],
    ]);
    expect([code, world.tokenRequests.length - before]).toEqual(isTaken ? [0, 1] : [4, 0]);
    if (!isTaken) expect(stderr).toContain("does not say that what it issued is an ID-JAG");
  }
});
