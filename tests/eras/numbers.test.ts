// Numbers that a double cannot hold, between a client and a server of different eras, where messages are built anew.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createServer, type Server } from "node:http";
import { createHome, type Home } from "../support/home.ts";
import { listen } from "../support/net/listen.ts";

const BIG = "12345678901234567890.000000000000000001";
const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "c", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

let home: Home;
let server: Server;
let called = "";
beforeEach(() => {
  home = createHome();
  called = "";
});
afterEach(() => {
  home.remove();
  server.closeAllConnections();
  server.close();
});

/** A server that answers by hand: `opening` to what comes first, then a call with the big number in its result. */
async function serve(opening: object): Promise<string> {
  server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (part: string) => {
      body += part;
    });
    request.on("end", () => {
      const { id, method } = body === "" ? { id: undefined, method: "" } : JSON.parse(body);
      if (id === undefined) return void response.writeHead(request.method === "GET" ? 405 : 202).end();
      response.writeHead(200, { "content-type": "application/json" });
      if (method !== "tools/call")
        return void response.end(JSON.stringify({ jsonrpc: "2.0", id, result: opening }));
      called = body;
      response.end(
        `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"resultType":"complete","content":[],"structuredContent":{"n":${BIG}}}}`,
      );
    });
  });
  return `http://127.0.0.1:${await listen(server)}/mcp`;
}
const call = (meta: string) =>
  `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"x","arguments":{"n":${BIG}}${meta}}}\n`;

test("from a legacy client to a modern server and back", async () => {
  const url = await serve({
    resultType: "complete",
    supportedVersions: ["2026-07-28"],
    capabilities: {},
    ttlMs: 0,
    cacheScope: "private",
  });
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "c", version: "1" } };
  const { stdout } = await home.run(["bridge", url, "--protocol", "2026-07-28"], {
    input: `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params })}\n${call("")}`,
  });
  expect(called).toContain(`"n":${BIG}`);
  expect(stdout.trim().split("\n").at(-1)).toContain(`"n":${BIG}`);
});

test("from a modern client to a legacy server and back", async () => {
  const url = await serve({
    protocolVersion: "2025-11-25",
    capabilities: {},
    serverInfo: { name: "s", version: "1" },
  });
  const { stdout } = await home.run(["bridge", url, "--protocol", "2025-11-25"], {
    input: call(`,"_meta":${JSON.stringify(META)}`),
  });
  expect(called).toContain(`"n":${BIG}`);
  expect(stdout.trim().split("\n").at(-1)).toContain(`"n":${BIG}`);
});
