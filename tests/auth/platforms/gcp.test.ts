// Google Cloud's metadata server: its own library and ours get the same token from one server.
import { afterEach, describe, expect, test } from "bun:test";
import { readIdentity } from "../../../lib/auth/platforms/read-identity.ts";
import { startGcpMetadata } from "../../support/clouds/gcp.ts";
import { byLibrary, claimsOf } from "../../support/clouds/token.ts";
import { type Answer, drip, type Serving } from "../../support/net/listen.ts";
import { memoryDeps } from "../memory-deps.ts";
import { failureOf } from "./failure-of.ts";

const AUDIENCE = "https://as.example/token?a=1&b=ü";
const servers: Serving[] = [];
afterEach(async () => {
  for (const one of servers.splice(0)) await one.stop();
});
async function start(...[before]: Parameters<typeof startGcpMetadata>) {
  const server = await startGcpMetadata(before);
  servers.push(server);
  return server;
}
const ours = (host: string, more: { identity?: string } = {}) =>
  readIdentity({ from: "gcp", ...more }, AUDIENCE, memoryDeps({ env: { GCE_METADATA_HOST: host } }).deps);

describe("the metadata server of Google Cloud", () => {
  test("gives google-auth-library and us one token, with the audience and the details of the machine", async () => {
    const { host } = await start();
    for (const [identity, more] of [
      ["default", {}],
      ["other@project.iam.gserviceaccount.com", { identity: "other@project.iam.gserviceaccount.com" }],
    ] as const) {
      const asked = { account: identity, audience: AUDIENCE };
      const library = await byLibrary("google", asked, { GCE_METADATA_HOST: host });
      const { token } = await ours(host, more);
      expect(token).toBe(library);
      expect(claimsOf(token)).toMatchObject({ aud: AUDIENCE, google: {} });
      expect(String(claimsOf(token)?.email)).toStartWith(identity === "default" ? "svc@" : "other@");
    }
  });

  test("is found by auto, by its address and its flavor alone", async () => {
    const { host, port } = await start();
    const auto = (env: Record<string, string>, askDirect: typeof fetchDirect) =>
      readIdentity({ from: "auto" }, AUDIENCE, memoryDeps({ env, askDirect }).deps);
    const fetchDirect = async (
      url: string,
      { method, headers }: { method: string; headers: Record<string, string> },
    ) => {
      const near = new URL(url);
      if (near.host !== "169.254.169.254") throw new Error("none");
      near.host = `127.0.0.1:${port}`;
      const response = await fetch(near, { method, headers });
      return { status: response.status, headers: response.headers, text: await response.text() };
    };
    expect(claimsOf((await auto({}, fetchDirect)).token)?.iss).toBe("https://accounts.google.com");
    const { deps, logged } = memoryDeps({ env: { GCE_METADATA_HOST: host } });
    await readIdentity({ from: "auto" }, AUDIENCE, deps);
    expect(logged[0]).toBe(
      "the identity of this machine comes from Google Cloud: the variable GCE_METADATA_HOST",
    );
  });

  test("that is not there is explained: what was asked, and what to switch on", async () => {
    const error = await failureOf(ours("127.0.0.1:1"));
    expect([error.code, error.exitCode, error.message]).toEqual([
      "no_identity",
      4,
      "Google Cloud gives no identity token: no metadata server at http://127.0.0.1:1: the connection was refused",
    ]);
    expect(error.hint).toContain("service account");
  });

  test("without a service account, or without the one that was named, says so", async () => {
    const { host } = await start();
    const { message } = await failureOf(ours(host, { identity: "nobody@project" }));
    expect(message).toContain("knows no service account nobody@project");
  });

  for (const [what, answer, why] of [
    [
      "a page in its place",
      (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
      "no Metadata-Flavor: Google",
    ],
    [
      "a page with its flavor",
      (_, response) =>
        response
          .writeHead(200, { "content-type": "text/html", "metadata-flavor": "Google" })
          .end("<html><title>Sign in</title>"),
      "its answer holds none (text/html)",
    ],
    [
      "a redirect",
      (_, response) =>
        response.writeHead(302, { location: "http://127.0.0.1:1/", "metadata-flavor": "Google" }).end(),
      "it redirects (HTTP status 302)",
    ],
    [
      "an endless answer",
      (_, response) => response.writeHead(200, { "metadata-flavor": "Google" }).end("x".repeat(200_000)),
      "its answer is longer than 64 KiB",
    ],
    ["a slow answer", (_, response) => drip(response, 100), "it gave no answer within 1 s"],
    ["no answer at all", () => {}, "it gave no answer within 1 s"],
  ] as [string, Answer, string][])
    test(`that gives ${what} gives no token`, async () => {
      const { host } = await start((request, response) => {
        answer(request, response, "");
        return true;
      });
      const { message } = await failureOf(ours(host));
      expect(message).toContain(why);
    });

  test("that answers with another success than 200 has nothing of it told, which may be the token", async () => {
    const { host } = await start((_, response) => {
      response.writeHead(203, { "metadata-flavor": "Google" }).end("eyJhbGciOiJSUzI1NiJ9.e30.c2ln");
      return true;
    });
    expect((await failureOf(ours(host))).message).toEndWith("HTTP status 203");
  });

  test("that is busy for a moment is asked once more", async () => {
    let busy = true;
    const { host, asked } = await start((_, response) => {
      if (!busy) return false;
      busy = false;
      response.writeHead(503).end();
      return true;
    });
    expect(claimsOf((await ours(host)).token)?.aud).toBe(AUDIENCE);
    expect(asked.length).toBe(2);
  });

  for (const status of [429, 500, 503])
    test(`that stays busy (${status}) says nothing against the machine: the fault is the platform's`, async () => {
      const { host } = await start((_, response) => {
        response.writeHead(status, { "metadata-flavor": "Google" }).end();
        return true;
      });
      expect(await failureOf(ours(host))).toMatchObject({
        code: "identity_unavailable",
        exitCode: 2,
        message: expect.stringContaining(`HTTP status ${status}`),
        hint: "the fault is the platform's: try again in a moment",
      });
    });
});
