// Machines of clouds on the executable: the platform's own metadata, an authorization server that knows its tokens, and
// an MCP server behind it.
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { KEYS, REGION, ROLE, startAws } from "../../support/clouds/aws.ts";
import { IDENTITY_HEADER, startAzure } from "../../support/clouds/azure.ts";
import { startGcpMetadata } from "../../support/clouds/gcp.ts";
import { claimsOf } from "../../support/clouds/token.ts";
import { homeForEachTest } from "../../support/home.ts";
import { serveHttp } from "../../support/net/listen.ts";
import { granted, refuseToken, startScriptedWorld } from "../../support/oauth/scripted-world.ts";

const home = homeForEachTest();
type Env = Record<string, string>;

/** Nothing of a cloud is here, and no address of one is asked. */
const NOWHERE: Env = {
  GCE_METADATA_HOST: "",
  AZURE_POD_IDENTITY_AUTHORITY_HOST: "http://127.0.0.1:1",
  AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://127.0.0.1:1",
};
const user = KEYS.user ?? { accessKeyId: "", secretAccessKey: "" };
const PLATFORMS: Record<string, { subject: string; start: () => Promise<Env> }> = {
  gcp: {
    subject: "104029",
    start: async () => ({ ...NOWHERE, GCE_METADATA_HOST: home.owns(await startGcpMetadata()).host }),
  },
  azure: {
    subject: "11111111-0000-0000-0000-000000000001",
    start: async () => {
      const { origin } = home.owns(await startAzure());
      return { ...NOWHERE, IDENTITY_ENDPOINT: `${origin}/msi/token`, IDENTITY_HEADER };
    },
  },
  aws: {
    subject: `${ROLE}#user`,
    start: async () => ({
      ...NOWHERE,
      AWS_REGION: REGION,
      AWS_ENDPOINT_URL_STS: home.owns(await startAws()).origin,
      AWS_ACCESS_KEY_ID: user.accessKeyId,
      AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
    }),
  },
};

/** An authorization server that takes tokens of one subject for one audience, as assertion or as grant. */
async function startTrusting(subject: string, audienceOf: (origin: string, isGrant: boolean) => string) {
  const world = home.owns(
    await startScriptedWorld({
      token(params, response, request) {
        const isGrant = params.has("assertion");
        const claims = claimsOf(params.get(isGrant ? "assertion" : "client_assertion"));
        const isMeant = claims?.aud === audienceOf(world.origin, isGrant);
        if (claims?.sub !== subject || !isMeant)
          return refuseToken(response, "invalid_grant", `subject ${claims?.sub} for ${claims?.aud}`);
        return granted(600)(params, response, request);
      },
    }),
  );
  return world;
}

describe("a machine of a cloud", () => {
  for (const [platform, { subject, start }] of Object.entries(PLATFORMS))
    for (const [use, args] of [
      ["as the grant", ["--grant", "jwt-bearer"]],
      ["as client authentication", ["--client-id", "id"]],
    ] as const)
      test(`${platform}, ${use}: no secret is stored, and the token is for whom the server expects`, async () => {
        const env = await start();
        const { url, tokenRequests } = await startTrusting(subject, (origin, isGrant) => {
          if (platform === "azure") return "api://AzureADTokenExchange";
          return isGrant ? `${origin}/token` : origin;
        });
        const login = await home.run(["login", url, "@svc", ...args, "--assertion", platform, "--verbose"], {
          env,
        });
        expect([login.code, login.stderr]).toEqual([0, expect.anything()]);
        const shown = await home.run(["config", "@svc", "assertion"], { env });
        expect(shown.stdout.trim()).toBe(platform);
        const list = await home.run(["@svc", "tools-list"], { env });
        expect(list.code).toBe(0);
        expect(tokenRequests.length).toBe(1);
        expect(tokenRequests[0]?.has("client_id")).toBe(use !== "as the grant");
        const auto = await home.run(["tools-list", url, ...args, "--assertion", "auto"], { env });
        expect(auto.code).toBe(0);
        expect(auto.stderr).toContain("the identity of this machine comes from");
        const said = [login, shown, list, auto].map(({ stdout, stderr }) => stdout + stderr).join();
        const sent = tokenRequests.map(
          (one) => one.get("assertion") ?? one.get("client_assertion") ?? "none",
        );
        for (const secret of [...sent, IDENTITY_HEADER, user.secretAccessKey]) {
          expect(said).not.toContain(secret);
          for (const name of readdirSync(home.folder, { recursive: true, encoding: "utf8" })) {
            const path = join(home.folder, name);
            if (statSync(path).isFile()) expect(readFileSync(path, "latin1")).not.toContain(secret);
          }
        }
      });

  test("whose metadata are asked past a proxy that the rest goes through", async () => {
    const env = await PLATFORMS.gcp?.start();
    const { url } = await startTrusting("104029", (origin) => `${origin}/token`);
    const proxy = home.owns(await serveHttp((_, response) => response.writeHead(502).end("proxied")));
    const { code, stderr } = await home.run(
      ["tools-list", url, "--grant", "jwt-bearer", "--assertion", "gcp"],
      { env: { ...env, HTTP_PROXY: proxy.origin, NO_PROXY: new URL(url).host } },
    );
    expect([code, stderr]).toEqual([0, expect.anything()]);
  });

  test("that is none: each platform says what it looked for and what to switch on, within seconds", async () => {
    const { url, tokenRequests } = await startTrusting("nobody", () => "nobody");
    const env = { ...NOWHERE, GCE_METADATA_HOST: "127.0.0.1:1", AWS_REGION: REGION };
    for (const [platform, looked, hint] of [
      ["gcp", "no metadata server at http://127.0.0.1:1", "service account"],
      ["azure", "AZURE_FEDERATED_TOKEN_FILE and IDENTITY_ENDPOINT are not set", "managed identity"],
      ["aws", "the instance metadata at 127.0.0.1:1", "instance profile"],
    ] as const) {
      const { code, stderr } = await home.run(
        ["tools-list", url, "--grant", "jwt-bearer", "--assertion", platform],
        { env },
      );
      expect([code, stderr]).toEqual([4, expect.stringContaining(looked)]);
      expect(stderr).toContain(hint);
    }
    const unknown = await home.run(["tools-list", url, "--grant", "jwt-bearer", "--assertion", "azur"], {
      env,
    });
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining("did you mean azure")]);
    expect(tokenRequests).toEqual([]);
  });

  test("a token of one identity is not taken for that of another, though the command is the same", async () => {
    const aws = home.owns(await startAws());
    const { url, tokenRequests } = await startTrusting(`${ROLE}#user`, (origin) => `${origin}/token`);
    const run = (keys: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | undefined) =>
      home.run(["tools-list", url, "--grant", "jwt-bearer", "--assertion", "aws"], {
        env: {
          ...NOWHERE,
          AWS_REGION: REGION,
          AWS_ENDPOINT_URL_STS: aws.origin,
          AWS_ACCESS_KEY_ID: keys?.accessKeyId ?? "",
          AWS_SECRET_ACCESS_KEY: keys?.secretAccessKey ?? "",
          AWS_SESSION_TOKEN: keys?.sessionToken ?? "",
        },
      });
    expect((await run(KEYS.user)).code).toBe(0);
    expect((await run(KEYS.user)).code).toBe(0);
    expect(tokenRequests.length).toBe(1);
    const other = await run(KEYS.role);
    expect([other.code, other.stderr]).toEqual([4, expect.stringContaining(`subject ${ROLE}#role`)]);
  });
});
