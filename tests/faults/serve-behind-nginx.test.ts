// `m2mcp serve` behind nginx as it is without settings of its own: heads of 4 KB.
import { expect, test } from "bun:test";
import { homeForEachTest } from "../support/home.ts";
import { reply } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { INITIALIZE, request } from "../support/messages.ts";
import { hasNginx, startNginx } from "../support/net/nginx.ts";
import { startServe } from "../support/serve.ts";

const home = homeForEachTest();

test.skipIf(!hasNginx)(
  "serve: ids that hold much still pass through nginx",
  async () => {
    const server = home.owns(
      await startLegacyServer((asked) => reply(asked, {}), {
        handshake: { capabilities: { resources: { subscribe: true } } },
      }),
    );
    const { url } = await startServe(home, [server.url], { env: { M2MCP_PASSPHRASE: "the same for all" } });
    const nginx = home.owns(await startNginx([Number(new URL(url).port)]));
    const send = async (message: object, session?: string) => {
      const response = await fetch(nginx.url, {
        method: "POST",
        headers: {
          accept: "application/json, text/event-stream",
          "content-type": "application/json",
          ...(session ? { "mcp-session-id": session } : {}),
        },
        body: JSON.stringify(message),
      });
      await response.text();
      return response;
    };
    let session = (await send(INITIALIZE)).headers.get("mcp-session-id") ?? "";
    let cookies = 0;
    for (let at = 0; at < 40; at++) {
      const uri = `file:///${"folder/".repeat(20)}${at}`;
      const response = await send(request(at, "resources/subscribe", { uri }), session);
      expect([at, session.length, response.status]).toEqual([at, session.length, 200]);
      session = response.headers.get("mcp-session-id") ?? session;
      if (response.headers.has("set-cookie")) cookies++;
    }
    expect(session.length).toBeGreaterThan(2500);
    // Short ones are cookies too, for clients that take no later id.
    expect(cookies).toBeGreaterThan(3);
  },
  60_000,
);
