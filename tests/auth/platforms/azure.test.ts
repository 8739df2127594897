// Azure's places of managed identities: @azure/identity and we get the same token from one server.
import { afterEach, describe, expect, test } from "bun:test";
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folders } from "../../../lib/auth/platforms/clouds/azure/arc.ts";
import { readIdentity } from "../../../lib/auth/platforms/read-identity.ts";
import { IDENTITY_HEADER, startAzure, USER } from "../../support/clouds/azure.ts";
import { byLibrary, claimsOf, mintToken } from "../../support/clouds/token.ts";
import { makeCertificates } from "../../support/net/certificates.ts";
import { type Answer, drip, type Serving } from "../../support/net/listen.ts";
import { memoryDeps } from "../memory-deps.ts";
import { failureOf } from "./failure-of.ts";

const AUDIENCE = "api://AzureADTokenExchange";
const servers: Serving[] = [];
afterEach(async () => {
  for (const one of servers.splice(0)) await one.stop();
});
async function start(...[before]: Parameters<typeof startAzure>) {
  const server = await startAzure(before);
  servers.push(server);
  return server;
}
type Env = Record<string, string>;
const appService = (origin: string): Env => ({ IDENTITY_ENDPOINT: `${origin}/msi/token`, IDENTITY_HEADER });
const machine = (origin: string): Env => ({ AZURE_POD_IDENTITY_AUTHORITY_HOST: origin });
const arc = (origin: string): Env => ({ IDENTITY_ENDPOINT: `${origin}/arc/token`, IMDS_ENDPOINT: origin });
const ours = (env: Env, identity?: string) =>
  readIdentity({ from: "azure", ...(identity ? { identity } : {}) }, AUDIENCE, memoryDeps({ env }).deps);
const library = (env: Env, chosen: object = {}) => byLibrary("azure", { chosen, resource: AUDIENCE }, env);

describe("Azure gives @azure/identity and us one token", () => {
  for (const [place, variables] of [
    ["App Service and Container Apps", appService],
    ["a virtual machine", machine],
  ] as const)
    test(`from ${place}, of its own identity and of one that is assigned`, async () => {
      const { origin } = await start();
      const env = variables(origin);
      for (const [chosen, identity] of [
        [{}, undefined],
        [{ clientId: USER.client }, USER.client],
        [{ objectId: USER.object }, `object-id:${USER.object}`],
        [{ resourceId: USER.resource }, USER.resource],
      ] as const) {
        const { token, expiresAtMs } = await ours(env, identity);
        expect(token).toBe(await library(env, chosen));
        expect(claimsOf(token)?.aud).toBe(AUDIENCE);
        expect(claimsOf(token)?.oid === USER.object).toBe(identity !== undefined);
        expect(expiresAtMs).toBe(4_102_444_800_000);
      }
      expect((await ours({ ...env, AZURE_CLIENT_ID: USER.client })).token).toBe(
        await library(env, { clientId: USER.client }),
      );
    });

  const KEYS = "/var/opt/azcmagent/tokens";
  const mayWriteKeys = (() => {
    try {
      mkdirSync(KEYS, { recursive: true });
      accessSync(KEYS, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  })();
  test.skipIf(!mayWriteKeys)("from Arc, which wants to see a key that is in the agent's folder", async () => {
    const { origin, arc: agent } = await start();
    agent.realm = join(KEYS, `${crypto.randomUUID()}.key`);
    agent.key = crypto.randomUUID();
    writeFileSync(agent.realm, agent.key);
    try {
      const { token } = await ours(arc(origin));
      expect(claimsOf(token)?.aud).toBe(AUDIENCE);
      expect(token).toBe(await library(arc(origin)));
      expect((await ours(arc(origin), USER.client)).token).toBe(
        await library(arc(origin), { clientId: USER.client }),
      );
      agent.confirms = false;
      const { message } = await failureOf(ours(arc(origin), USER.client));
      expect(message).toContain(`does not confirm the identity ${USER.client}`);
      writeFileSync(agent.realm, "k".repeat(5000));
      expect((await failureOf(ours(arc(origin)))).message).toContain("it is larger than 4 KiB");
    } finally {
      rmSync(agent.realm);
    }
  });

  test("from the file of AKS, which the library shows to Entra ID", async () => {
    const folder = mkdtempSync(join(tmpdir(), "m2mcp-aks-"));
    const file = join(folder, "token");
    const token = mintToken({
      iss: "https://aks.example",
      aud: AUDIENCE,
      sub: "system:serviceaccount:ns:app",
    });
    writeFileSync(file, `${token}\n`);
    expect((await ours({ AZURE_FEDERATED_TOKEN_FILE: file })).token).toBe(token);
    // The library speaks to nobody without TLS, and leaves no space around what it read out.
    writeFileSync(file, token);
    const { caFile, server: pair } = makeCertificates();
    const shown: (string | null)[] = [];
    const tls = { cert: Bun.file(pair.certFile), key: Bun.file(pair.keyFile) };
    const entra = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      tls,
      async fetch(request) {
        const { origin, pathname } = new URL(request.url);
        if (pathname.endsWith("/openid-configuration"))
          return Response.json({
            issuer: `${origin}/tenant/v2.0`,
            authorization_endpoint: `${origin}/tenant/oauth2/v2.0/authorize`,
            token_endpoint: `${origin}/tenant/oauth2/v2.0/token`,
            jwks_uri: `${origin}/keys`,
          });
        shown.push(new URLSearchParams(await request.text()).get("client_assertion"));
        return Response.json({ access_token: "a", token_type: "Bearer", expires_in: 3600 });
      },
    });
    await byLibrary(
      "aks",
      { resource: AUDIENCE },
      {
        AZURE_FEDERATED_TOKEN_FILE: file,
        AZURE_TENANT_ID: "11111111-0000-0000-0000-00000000000a",
        AZURE_CLIENT_ID: USER.client,
        AZURE_AUTHORITY_HOST: `https://127.0.0.1:${entra.port}/`,
        NODE_EXTRA_CA_CERTS: caFile,
      },
    );
    await entra.stop(true);
    expect(shown).toEqual([token]);
    rmSync(file);
    const { message, hint } = await failureOf(ours({ AZURE_FEDERATED_TOKEN_FILE: file }));
    expect(message).toContain(`the file ${file} of the variable AZURE_FEDERATED_TOKEN_FILE is not there`);
    expect(hint).toContain("azure.workload.identity/use");
    rmSync(folder, { recursive: true });
  });
});

describe("an Arc agent that is none", () => {
  for (const realm of [
    "/etc/shadow",
    "/var/opt/azcmagent/tokens/../../../../etc/shadow.key",
    "/var/opt/azcmagent/tokens/sub/a.key",
    "/var/opt/azcmagent/tokens/.key",
    "/var/opt/azcmagent/tokens/a.txt",
    "",
  ])
    test(`is not shown what is in ${realm || "no file"}`, async () => {
      const { origin, arc: agent, asked } = await start();
      agent.realm = realm;
      const { message } = await failureOf(ours(arc(origin)));
      expect(message).toContain("its keys are in /var/opt/azcmagent/tokens/ alone");
      expect(asked.length).toBe(1);
    });
});

describe("Azure's faults", () => {
  test("no place at all: what was looked for, and what to switch on", async () => {
    const { message, hint, code } = await failureOf(ours(machine("http://127.0.0.1:1")));
    expect(code).toBe("no_identity");
    expect(message).toBe(
      "Azure gives no identity token: the variables AZURE_FEDERATED_TOKEN_FILE and IDENTITY_ENDPOINT are not set, there is no Arc agent, and no metadata of a virtual machine at 127.0.0.1:1: the connection was refused",
    );
    expect(hint).toContain("managed identity");
  });

  test("an identity that is not assigned is told in Azure's words", async () => {
    const { origin } = await start();
    const { message, hint } = await failureOf(ours(machine(origin), "99999999-0000-0000-0000-000000000000"));
    expect(message).toContain("HTTP status 400, invalid_request: Identity not found");
    expect(hint).toContain("--assertion-identity");
  });

  for (const status of [410, 429, 500, 503])
    test(`one that stays busy (${status}) says nothing against the machine`, async () => {
      const { origin } = await start((_, response) => {
        response.writeHead(status).end();
        return true;
      });
      for (const place of [machine(origin), appService(origin)])
        expect(await failureOf(ours(place))).toMatchObject({
          code: "identity_unavailable",
          exitCode: 2,
          message: expect.stringContaining(`HTTP status ${status}`),
        });
    });

  test("the identity header goes to no address elsewhere, and into no message", async () => {
    const elsewhere = await failureOf(
      ours({ IDENTITY_ENDPOINT: "http://evil.example/msi/token", IDENTITY_HEADER }),
    );
    expect(elsewhere.message).toContain("is no address next to this machine");
    const { origin } = await start((request, response) => {
      response.writeHead(400).end(`you sent ${request.headers["x-identity-header"]}`);
      return true;
    });
    const repeated = await failureOf(ours(appService(origin)));
    expect(repeated.message).toContain("HTTP status 400");
    expect(repeated.message).not.toContain(IDENTITY_HEADER);
  });

  for (const [what, answer, why] of [
    [
      "a page",
      (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
      "its answer holds none (text/html)",
    ],
    [
      "another type",
      (_, response) => response.writeHead(200, { "content-type": "application/json" }).end("[1]"),
      "its answer holds none (application/json)",
    ],
    [
      "a token of many lines",
      (_, response) => response.end(JSON.stringify({ access_token: "a\nb" })),
      "its answer holds none",
    ],
    [
      "a redirect",
      (_, response) => response.writeHead(307, { location: "http://127.0.0.1:1/" }).end(),
      "it redirects (HTTP status 307)",
    ],
    [
      "an endless answer",
      (_, response) => response.end("x".repeat(200_000)),
      "its answer is longer than 64 KiB",
    ],
    ["a slow answer", (_, response) => drip(response, 100), "it gave no answer within 1 s"],
  ] as [string, Answer, string][])
    test(`${what} in place of a token`, async () => {
      const { origin } = await start((request, response) => {
        answer(request, response, "");
        return true;
      });
      for (const env of [appService(origin), machine(origin), arc(origin)])
        expect((await failureOf(ours(env))).message).toContain(why);
    });
});

test("on Windows the Arc agent's folders are found with little of an environment, and never below a relative one", () => {
  const usual = {
    agent: "C:\\Program Files\\AzureConnectedMachineAgent\\himds.exe",
    keys: "C:\\ProgramData\\AzureConnectedMachineAgent\\Tokens\\",
  };
  expect(folders({}, "win32")).toEqual(usual);
  expect(folders({ ProgramData: "data", ProgramFiles: "\\x" }, "win32")).toEqual(usual);
  expect(folders({ PROGRAMDATA: "D:\\Data\\" }, "win32").keys).toBe(
    "D:\\Data\\AzureConnectedMachineAgent\\Tokens\\",
  );
});
