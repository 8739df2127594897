import { afterEach, expect, test } from "bun:test";
import { readIdentity } from "../../../lib/auth/platforms/read-identity.ts";
import { json } from "../../support/mcp/scripted.ts";
import { type Serving, serveHttp } from "../../support/net/listen.ts";
import { memoryDeps } from "../memory-deps.ts";
import { failureOf } from "./failure-of.ts";

const servers: Serving[] = [];
afterEach(async () => {
  for (const one of servers.splice(0)) await one.stop();
});

/** No metadata address is there. */
const askDirect = async () => {
  throw Object.assign(new Error("with a secret"), { code: "ENETUNREACH" });
};

test("auto takes the platform that it finds, and says which", async () => {
  const actions = await serveHttp((_, response) => json(response, { value: "id-token" }));
  servers.push(actions);
  const { deps, logged } = memoryDeps({
    askDirect,
    env: { ACTIONS_ID_TOKEN_REQUEST_URL: actions.origin, ACTIONS_ID_TOKEN_REQUEST_TOKEN: "job" },
  });
  expect(await readIdentity({ from: "auto" }, "https://as.example", deps)).toEqual({ token: "id-token" });
  expect(logged[0]).toBe(
    "the identity of this machine comes from GitHub Actions: the variable ACTIONS_ID_TOKEN_REQUEST_URL",
  );
});

test("auto that finds nothing says what it looked for", async () => {
  const { deps } = memoryDeps({ askDirect });
  const error = await failureOf(readIdentity({ from: "auto" }, "https://as.example", deps));
  expect([error.code, error.exitCode]).toEqual(["no_identity", 4]);
  expect(error.message).toContain("GitHub Actions (the variables ACTIONS_ID_TOKEN_REQUEST_URL");
});

test("an answer of GitHub Actions without a token is explained", async () => {
  for (const [status, body, why] of [
    [200, {}, "its answer holds none"],
    [403, { value: "x" }, "HTTP status 403"],
  ] as const) {
    const actions = await serveHttp((_, response) => json(response, body, status));
    servers.push(actions);
    const env = { ACTIONS_ID_TOKEN_REQUEST_URL: actions.origin, ACTIONS_ID_TOKEN_REQUEST_TOKEN: "job" };
    const { deps } = memoryDeps({ env });
    const error = await failureOf(readIdentity({ from: "github-actions" }, "https://as.example", deps));
    expect(error.message).toBe(`GitHub Actions gives no identity token: ${why}`);
  }
});
