// `m2mcp serve` in use, at servers that answer, refuse and repeat what they got: no secret in what its clients get, in what it
// says, nor in any file.
import { expect, test } from "bun:test";
import { call, INITIALIZE, INITIALIZED, modern, request } from "../../support/messages.ts";
import { startServe } from "../../support/serve.ts";
import { found, S } from "./forms.ts";
import { secretWorld } from "./world.ts";

const world = secretWorld();
const BEARER = "bearer-that-clients-show-7f3a9c";

/** All that a client can get, heads included. */
async function allOf(url: string): Promise<string> {
  const said: string[] = [];
  const headers: Record<string, string> = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    authorization: `Bearer ${BEARER}`,
  };
  const ask = async (method: string, message?: object, more: Record<string, string> = {}) => {
    const response = await fetch(url, {
      method,
      headers: { ...headers, ...more },
      signal: AbortSignal.timeout(5000),
      ...(message ? { body: JSON.stringify(message) } : {}),
    });
    const text = await response.text().catch(() => "");
    said.push(`${response.status} ${JSON.stringify([...response.headers])} ${text}`);
    return response;
  };
  const first = await ask("POST", INITIALIZE);
  const id = first.headers.get("mcp-session-id");
  const session = id === null ? {} : { "mcp-session-id": id };
  const calls = [INITIALIZED, request(2, "tools/list"), call(3, "t"), request(4, "no/such"), { id: 5 }];
  for (const message of calls) await ask("POST", message, session);
  for (const message of [request(6, "server/discover"), request(7, "tools/list"), request(8, "no/such")]) {
    const { method } = message;
    await ask("POST", modern(message), { "mcp-protocol-version": "2026-07-28", "mcp-method": method });
  }
  await ask("DELETE", undefined, session);
  for (const path of ["/healthz", "/readyz", "/", "/metrics"]) {
    const response = await fetch(new URL(path, url), {
      headers: { authorization: headers.authorization ?? "" },
    });
    said.push(`${response.status} ${await response.text()}`);
  }
  return said.join("\n");
}

test("no secret is seen of serve while clients use it", async () => {
  const bearer = world.put("bearer", `${BEARER}\n`);
  let answered = 0;
  for (const [place, query] of [
    ["mcp", `?key=${S.urlQuery}`],
    ["refuse", ""],
    ["echo", ""],
  ] as const) {
    const env = {
      M2MCP_STORE: "file",
      M2MCP_CLIENT_ID: "id",
      M2MCP_CLIENT_SECRET: S.variable,
      M2MCP_HEADER: `X-Literal: ${S.headerLiteral}`,
      M2MCP_TOKEN_PARAM: `extra=${S.tokenParam}`,
      M2MCP_ISSUER: `${world.origin}/as/${place}`,
    };
    const target = `${world.origin}/${place}${query}`;
    const { url, stderr, stop } = await startServe(
      world.home,
      [target, "--bearer-file", bearer, "--verbose", "--timeout", "3"],
      { env },
    );
    const said = await allOf(url);
    await stop();
    world.runs++;
    if (said.includes('"tools"')) answered++;
    for (const [what, text] of [
      ["to clients", said],
      ["on stderr", stderr()],
    ] as const) {
      expect([place, what, found(Buffer.from(text))]).toEqual([place, what, []]);
      expect([place, what, text.includes(BEARER)]).toEqual([place, what, false]);
    }
  }
  expect(answered).toBeGreaterThan(0);
  expect((await world.hush(["status"])).code).toBe(0);
  expect((await world.hush(["logs"])).stdout).toContain("endpoint for");
}, 60_000);

world.testFiles(3);
