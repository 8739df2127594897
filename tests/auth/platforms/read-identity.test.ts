import { afterEach, describe, expect, test } from "bun:test";
import { readIdentity } from "../../../lib/auth/platforms/read-identity.ts";
import type { requestDirectly } from "../../../lib/platform/http/direct.ts";
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

describe("auto in a job of GitHub Actions that may not ask for its identity", () => {
  const JOB = { GITHUB_ACTIONS: "true" };
  const WITHHELD =
    "GitHub Actions gives no identity token: this job may not ask for one (the variable ACTIONS_ID_TOKEN_REQUEST_URL is not set)";

  test("names the permission", async () => {
    const { deps } = memoryDeps({ askDirect, env: JOB });
    const error = await failureOf(readIdentity({ from: "auto" }, "https://as.example", deps));
    expect([error.code, error.message]).toEqual(["no_identity", WITHHELD]);
    expect(error.hint).toContain("permissions: id-token: write");
  });

  test("names it where the runner's machine, whose metadata answer, has no identity", async () => {
    const { deps, logged } = memoryDeps({ askDirect: metadata(404), env: JOB });
    const error = await failureOf(readIdentity({ from: "auto" }, "https://as.example", deps));
    expect(error.message).toStartWith(`${WITHHELD}; nor does what else was found: Google Cloud gives no`);
    expect(error.hint).toContain("permissions: id-token: write");
    expect(logged.join()).not.toContain("comes from");
  });

  test("goes on to an identity that the runner really has, and says so", async () => {
    const { deps, logged } = memoryDeps({ askDirect: metadata(200), env: JOB });
    const { token } = await readIdentity({ from: "auto" }, "https://as.example", deps);
    expect(token).toBe(JWT);
    expect(logged).toContain(
      "the identity of this machine comes from Google Cloud: the metadata server answers",
    );
  });

  const JWT = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.x";
  /** A metadata server of Google's, with an identity or without. */
  const metadata =
    (status: number): typeof requestDirectly =>
    async (url) => ({
      status: new URL(url).pathname === "/" ? 200 : status,
      headers: new Headers({ "metadata-flavor": "Google" }),
      text: status === 200 ? JWT : "none",
    });
});
