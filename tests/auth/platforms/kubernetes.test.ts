// Which token of a pod is taken, by the files it has: without a pod, from values.
import { expect, test } from "bun:test";
import { kubernetes } from "../../../lib/auth/platforms/clusters/kubernetes.ts";
import type { PlatformDeps } from "../../../lib/auth/platforms/platform.ts";
import { M2mcpError } from "../../../lib/failure.ts";
import { failureOf } from "./failure-of.ts";

const AS = "https://as.example.com";
const API = "https://kubernetes.default.svc";
const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
const token = (aud: string, more: object = {}) =>
  `e30.${Buffer.from(JSON.stringify({ aud: [aud], sub: "system:serviceaccount:agents:machine", ...more })).toString("base64url")}.x`;

interface Asked {
  url: string;
  body: { spec: { audiences: string[]; expirationSeconds: number } };
  authorization: string | undefined;
}

function pod(files: Record<string, string>, env: Record<string, string> = {}, status = 201) {
  const asked: Asked[] = [];
  const deps: PlatformDeps = {
    env: { KUBERNETES_SERVICE_HOST: "fd00::1", ...env },
    now: Date.now,
    log: () => {},
    timeoutMs: 1000,
    signal: undefined,
    async askDirect(url, { headers, body }) {
      asked.push({ url, body: JSON.parse(body ?? "{}"), authorization: headers.authorization });
      const json = { status: { token: "made", expirationTimestamp: "2026-01-01T00:00:00Z" } };
      return { status, headers: new Headers(), text: "", json };
    },
    ask: () => Promise.reject(new Error("no proxy is asked")),
    readFile: async (path) => files[path],
    isThere: async (path) => path in files,
    listFolder: async (folder) => Object.keys(files).filter((path) => path.startsWith(`${folder}/`)),
    runProgram: async () => undefined,
  };
  return { deps, asked };
}

const account = { [`${ACCOUNT}/token`]: token(API), [`${ACCOUNT}/ca.crt`]: "PEM" };
const projected = (name: string, aud: string) => ({
  [`/var/run/secrets/tokens/${name}`]: token(aud, { name }),
});

test("a projected token for the server is taken, beside others", async () => {
  const { deps, asked } = pod({
    ...account,
    ...projected("a", "https://vault.example"),
    ...projected("b", AS),
  });
  const files = Object.values(projected("b", AS));
  expect(await kubernetes.identify({ audience: AS }, deps)).toEqual({ token: files[0] ?? "" });
  expect(asked).toEqual([]);
});

test("a single projected token is taken as it is, unless another audience was named", async () => {
  const files = projected("mcp", "of-ours");
  const { deps, asked } = pod({ ...account, ...files });
  expect((await kubernetes.identify({ audience: AS }, deps)).token).toBe(Object.values(files)[0] ?? "");
  expect((await kubernetes.identify({ audience: AS, isNamed: true }, deps)).token).toBe("made");
  expect(asked).toHaveLength(1);
});

test("one that a cloud's webhook projects is taken where it is for the server, and never else", async () => {
  const env = { AWS_WEB_IDENTITY_TOKEN_FILE: "/aws/token" };
  for (const [aud, isTaken] of [
    [AS, true],
    ["sts.amazonaws.com", false],
  ] as const) {
    const { deps, asked } = pod({ ...account, "/aws/token": token(aud) }, env);
    const { token: got } = await kubernetes.identify({ audience: AS }, deps);
    expect([got === token(aud), asked.length]).toEqual([isTaken, isTaken ? 0 : 1]);
  }
});

test("the pod's own token opens the API server alone: what is sent is made there, for the server", async () => {
  const { deps, asked } = pod(account);
  const made = await kubernetes.identify({ audience: AS, lifetimeS: 60 }, deps);
  expect(made).toEqual({ token: "made", expiresAtMs: Date.parse("2026-01-01T00:00:00Z") });
  expect(asked).toMatchObject([
    {
      url: "https://[fd00::1]:443/api/v1/namespaces/agents/serviceaccounts/machine/token",
      authorization: `Bearer ${token(API)}`,
      body: { spec: { audiences: [AS], expirationSeconds: 600 } },
    },
  ]);
});

test("another service account is named, in this namespace or another one", async () => {
  for (const [identity, path] of [
    ["robot", "agents/serviceaccounts/robot"],
    ["others/robot", "others/serviceaccounts/robot"],
    ["../x/..%2Fy", "x/serviceaccounts/..%252Fy"],
  ] as const) {
    const { deps, asked } = pod({ ...account, ...projected("mcp", AS) });
    await kubernetes.identify({ audience: AS, identity }, deps);
    expect(asked[0]?.url).toBe(`https://[fd00::1]:443/api/v1/namespaces/${path}/token`);
  }
});

test("an API server that is busy says nothing against the pod", async () => {
  for (const status of [429, 500, 503])
    expect(
      await failureOf(kubernetes.identify({ audience: AS }, pod(account, {}, status).deps)),
    ).toMatchObject({
      code: "identity_unavailable",
      exitCode: 2,
      message: expect.stringContaining(`HTTP status ${status}`),
    });
});

test("outside a pod it is said what was looked for", async () => {
  const { deps } = pod({});
  expect(await kubernetes.find(deps)).toBeUndefined();
  const error = await kubernetes.identify({ audience: AS }, deps).catch((thrown: unknown) => thrown);
  if (!(error instanceof M2mcpError)) throw new Error("expected a failure");
  expect(error.message).toContain("/var/run/secrets/tokens");
  expect(error.message).toContain(`${ACCOUNT}/token`);
  expect(error.hint).toContain(`audience: ${AS}`);
});
