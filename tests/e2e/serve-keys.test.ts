// Whose session an id is: of the same key, as the same client of the authorization server.
import { expect, test } from "bun:test";
import { createHome, homeForEachTest } from "../support/home.ts";
import { INITIALIZE, request } from "../support/messages.ts";
import { type Served, startServe } from "../support/serve.ts";
import { startWorld } from "../support/world.ts";

const home = homeForEachTest();
const PASSPHRASE = { M2MCP_PASSPHRASE: "the same for all of them" };

const send = (url: string, message: object, session?: string) =>
  fetch(url, {
    method: "POST",
    headers: {
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      ...(session ? { "mcp-session-id": session } : {}),
    },
    body: JSON.stringify(message),
  });

test("serve: a session is good to whoever has the key, as the same client, and to nobody else", async () => {
  const world = await startWorld();
  const elsewhere = createHome();
  try {
    const { basic, post } = world.as.clients;
    const as = (where: typeof home, { id, secret }: typeof basic, env: Record<string, string>) =>
      startServe(where, [world.mcp.url, "--client-id", id], {
        env: { M2MCP_CLIENT_SECRET: secret, ...env },
      });
    const first = await as(home, basic, PASSPHRASE);
    const session = (await send(first.url, INITIALIZE)).headers.get("mcp-session-id") ?? "";
    const status = async ({ url }: Served) => {
      const answer = await send(url, request(2, "tools/list"), session);
      await answer.text();
      return answer.status;
    };
    expect(await status(first)).toBe(200);
    expect(await status(await as(elsewhere, basic, PASSPHRASE))).toBe(200);
    expect(await status(await as(elsewhere, post, PASSPHRASE))).toBe(404);
    expect(await status(await as(elsewhere, basic, { M2MCP_PASSPHRASE: "another one" }))).toBe(404);
    expect(await status(await as(elsewhere, basic, {}))).toBe(404);
  } finally {
    await elsewhere.remove();
    await world.end();
  }
}, 60_000);
