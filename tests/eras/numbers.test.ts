// Numbers that a double cannot hold, between a client and a server of different eras, where messages are built anew.
import { expect, test } from "bun:test";
import { homeForEachTest } from "../support/home.ts";
import { refuse, reply, serveScript } from "../support/mcp/scripted.ts";
import { discovered } from "../support/mcp/scripted-modern.ts";
import { INITIALIZE, initialize, lines, META } from "../support/messages.ts";

const BIG = '"n":12345678901234567890.000000000000000001';
const SEVERAL = '"n":12345678901234567890,"x":[-9007199254740993]';

const home = homeForEachTest();

/** A server that gives a call the same numbers back, and knows one method beside it. */
async function serve(method: string, answer: object, numbers: string) {
  const server = await serveScript((asked, response) => {
    if (asked.id === undefined) return response.writeHead(asked.http === "GET" ? 405 : 202).end();
    if (asked.method === method) return reply(asked, answer);
    if (asked.method !== "tools/call") return refuse(asked, 400, { code: -32601, message: "no such method" });
    const result = `{"resultType":"complete","content":[],"structuredContent":{${numbers}}}`;
    response.setHeader("content-type", "application/json");
    return response.end(`{"jsonrpc":"2.0","id":${JSON.stringify(asked.id)},"result":${result}}`);
  });
  const called = () => server.seen.find((asked) => asked.method === "tools/call")?.text;
  return { url: home.owns(server).url, called };
}
const call = (numbers: string, meta = "") =>
  `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"x","arguments":{${numbers}}${meta}}}`;

test("numbers pass from a legacy client to a modern server and back", async () => {
  const { url, called } = await serve("server/discover", discovered(), BIG);
  const input = lines(INITIALIZE, call(BIG));
  const { stdout } = await home.run(["bridge", url, "--protocol", "2026-07-28"], { input });
  expect(called()).toContain(BIG);
  expect(stdout.trim().split("\n").at(-1)).toContain(BIG);
});

test("numbers pass from a modern client to a legacy server and back", async () => {
  const handshake = {
    protocolVersion: "2025-11-25",
    capabilities: {},
    serverInfo: { name: "s", version: "1" },
  };
  const { url, called } = await serve("initialize", handshake, BIG);
  const input = lines(call(BIG, `,"_meta":${JSON.stringify(META)}`));
  const { stdout } = await home.run(["bridge", url, "--protocol", "2025-11-25"], { input });
  expect(called()).toContain(BIG);
  expect(stdout.trim().split("\n").at(-1)).toContain(BIG);
});

test("numbers lose no digit where the era of the server must be found first", async () => {
  const { url, called } = await serve("server/discover", discovered(), SEVERAL);
  const { stdout } = await home.run(["bridge", url], { input: lines(initialize(), call(SEVERAL)) });
  expect(called()).toContain(SEVERAL);
  expect(stdout).toContain(SEVERAL);
});
