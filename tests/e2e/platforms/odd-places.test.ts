// Platforms whose variables cannot be used, and whose endpoints are not what they should be: each failure names the
// platform, and the next command is not answered with the last one's failure.
import { beforeEach, describe, expect, test } from "bun:test";
import { homeForEachTest } from "../../support/home.ts";
import { type Answer, serveHttp } from "../../support/net/listen.ts";
import { type ScriptedWorld, startScriptedWorld } from "../../support/oauth/scripted-world.ts";

const home = homeForEachTest();
let world: ScriptedWorld;
beforeEach(async () => {
  world = home.owns(await startScriptedWorld());
});
const NOWHERE = {
  GCE_METADATA_HOST: "127.0.0.1:1",
  AZURE_POD_IDENTITY_AUTHORITY_HOST: "http://127.0.0.1:1",
  AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://127.0.0.1:1",
};
const call = (platform: string, env: Record<string, string>) =>
  home.run(["tools-list", world.url, "--grant", "jwt-bearer", "--assertion", platform], {
    env: { ...NOWHERE, ...env },
  });
const SECRET = "planted-secret-of-the-platform";
const aws = { AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: SECRET };
const github = {
  ACTIONS_ID_TOKEN_REQUEST_URL: "http://127.0.0.1:1/",
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: SECRET,
};

describe("a variable of a platform", () => {
  const cases: [platform: string, env: Record<string, string>, said: RegExp][] = [
    ["aws", { ...aws, AWS_ACCESS_KEY_ID: "AK\nIA" }, /AWS_ACCESS_KEY_ID holds is no key/],
    ["aws", { ...aws, AWS_SESSION_TOKEN: `${SECRET}\n` }, /AWS_SESSION_TOKEN holds is no key/],
    ["aws", { ...aws, AWS_SESSION_TOKEN: `${SECRET}é` }, /AWS_SESSION_TOKEN holds is no key/],
    ["aws", { ...aws, AWS_ENDPOINT_URL_STS: "nonsense" }, /AWS gives .*AWS_ENDPOINT_URL_STS holds nonsense/],
    [
      "github-actions",
      { ...github, ACTIONS_ID_TOKEN_REQUEST_TOKEN: `${SECRET}\nx` },
      /REQUEST_TOKEN holds cannot/,
    ],
    ["github-actions", { ...github, ACTIONS_ID_TOKEN_REQUEST_URL: "http://example.com" }, /no https address/],
    [
      "azure-devops",
      { SYSTEM_OIDCREQUESTURI: "x", SYSTEM_ACCESSTOKEN: SECRET },
      /SYSTEM_OIDCREQUESTURI holds x/,
    ],
    [
      "azure",
      { IDENTITY_ENDPOINT: "http://127.0.0.1:1", IDENTITY_HEADER: `${SECRET}\nx` },
      /IDENTITY_HEADER holds/,
    ],
    ["azure", { IDENTITY_ENDPOINT: "http://127.0.0.1:1" }, /IDENTITY_ENDPOINT is set, and IDENTITY_HEADER/],
    [
      "azure",
      { AZURE_FEDERATED_TOKEN_FILE: "/" },
      /Azure gives no identity token: cannot read \/: it is a folder/,
    ],
  ];
  for (const [platform, env, said] of cases)
    test(`that cannot be used is named: ${platform}, ${said.source}`, async () => {
      const { code, stderr } = await call(platform, env);
      expect([code, stderr]).toEqual([4, expect.stringMatching(said)]);
      expect(stderr).not.toMatch(new RegExp(`${SECRET}|tell the owner|--allow-http`));
    });

  test("that names a region is read without blanks around it", async () => {
    const { stderr } = await call("aws", { ...aws, AWS_REGION: "eu-west-1\r", AWS_ENDPOINT_URL_STS: "x" });
    expect(stderr).toContain("AWS_ENDPOINT_URL_STS holds x");
  });
});

describe("an endpoint of a platform", () => {
  const cases: [what: string, answer: Answer, exitCode: number, said: RegExp, hint: RegExp][] = [
    [
      "that redirects",
      (_, response) => response.writeHead(302, { location: "https://evil.example/" }).end(),
      4,
      /GitHub Actions gives no identity token: .* redirects to https:\/\/evil\.example/,
      /leave that as it was/,
    ],
    [
      "that is busy",
      (_, response) => response.writeHead(500).end("down for a moment"),
      2,
      /HTTP status 500, down for a moment/,
      /the fault is the platform's/,
    ],
    [
      "that says why",
      (_, response) =>
        response.writeHead(403, { "content-type": "application/json" }).end('{"message":"no right"}'),
      4,
      /GitHub Actions gives no identity token: HTTP status 403, no right/,
      /id-token: write/,
    ],
  ];
  for (const [what, answer, exitCode, said, hint] of cases)
    test(`${what} is told as the platform's`, async () => {
      const { origin } = home.owns(await serveHttp(answer));
      const { code, stderr } = await call("github-actions", {
        ...github,
        ACTIONS_ID_TOKEN_REQUEST_URL: origin,
      });
      expect([code, stderr]).toEqual([exitCode, expect.stringMatching(said)]);
      expect(stderr).toMatch(hint);
      // A failure of the moment: whoever mends it is not told the old one.
      const next = await call("github-actions", github);
      expect([next.code, next.stderr]).toEqual([
        3,
        expect.stringContaining("GitHub Actions gives no identity token"),
      ]);
    });

  test("that does not speak HTTP is told in words", async () => {
    const { createServer } = await import("node:net");
    const server = createServer((socket) => socket.on("error", () => {}).end("SSH-2.0-OpenSSH\r\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    home.owns({ stop: () => server.close() });
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const { code, stderr } = await call("gcp", { GCE_METADATA_HOST: `127.0.0.1:${port}` });
    expect([code, stderr]).toEqual([4, expect.stringContaining("it does not speak HTTP")]);
  });
});
