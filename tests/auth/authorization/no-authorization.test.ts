import { expect, test } from "bun:test";
import { noAuthorization } from "../../../lib/auth/authorization/no-authorization.ts";
import { probe } from "../../../lib/auth/discovery/probe.ts";
import { failureOf } from "../platforms/failure-of.ts";
import { scriptedDeps } from "../scripted-fetch.ts";

const SERVER = "https://mcp.example/mcp";
const GATEWAY_KEY = "gateway-key-1";

/** What becomes of a refusal where nobody has logged in, and how a probe for a login takes the same answer. */
async function met(status: number, challenge: string) {
  const headers = { "www-authenticate": challenge };
  const refusal = { status, wwwAuthenticate: challenge, sent: {} };
  const failure = await failureOf(
    noAuthorization(SERVER, [GATEWAY_KEY]).headers({ method: "POST", url: SERVER, refusal }),
  );
  const { deps } = scriptedDeps({ [SERVER]: new Response(null, { status, headers }) });
  return { failure, probed: await probe({ ...deps, headerValues: [GATEWAY_KEY] }, SERVER) };
}

test("what wants a token of who has none, wants a login", async () => {
  for (const [status, challenge] of [
    [401, "Bearer"],
    [403, 'Bearer error="invalid_token"'],
    [400, 'Bearer error="invalid_token"'],
    [403, 'Bearer resource_metadata="https://mcp.example/prm"'],
  ] as const) {
    const { failure, probed } = await met(status, challenge);
    expect([challenge, failure.code, probed.wantsToken]).toEqual([challenge, "login_needed", true]);
  }
});

test("what is forbidden to anybody is told in the server's words, without what was sent", async () => {
  for (const [challenge, words] of [
    ['Bearer error="insufficient_scope"', "insufficient_scope"],
    ['Bearer error="insufficient_scope", error_description=""', "insufficient_scope"],
    [`Bearer error_description="${GATEWAY_KEY} is of no use"`, "… is of no use"],
    ["Basic", "HTTP status 403"],
  ] as const) {
    const { failure, probed } = await met(403, challenge);
    expect([failure.message, probed.wantsToken]).toEqual([`mcp.example forbids the call: ${words}`, false]);
  }
});
