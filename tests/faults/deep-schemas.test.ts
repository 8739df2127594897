// What is nested without measure costs nothing but itself: a tool's schema not the other tools, a message an error.
import { expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { inHome } from "../support/home.ts";
import { type Asked, json, stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { startModernServer } from "../support/mcp/scripted-modern.ts";
import { call, INITIALIZED, initialize, type Json, META, modern, request } from "../support/messages.ts";

const nest = (depth: number) =>
  `${'{"type":"object","properties":{"a":'.repeat(depth)}{"type":"string"}${"}}".repeat(depth)}`;
const arrays = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;

type Answering = (asked: Asked) => unknown;
const legacyServer = (list: Answering, called: Answering) =>
  startLegacyServer((asked, response) => {
    if (asked.http === "GET") return response.writeHead(405).end();
    return asked.method === "tools/list" ? list(asked) : called(asked);
  });
async function modernServer(list: Answering, called: Answering) {
  const server = await startModernServer();
  Object.assign(server.methods, { "tools/list": list, "tools/call": called });
  return server;
}

for (const [what, schema] of [
  ["5,000 deep", nest(5000)],
  ["20,000 deep", nest(20_000)],
  ["200,000 deep", nest(200_000)],
  ["of 100,000 lists", `{"type":"object","anyOf":${arrays(100_000)}}`],
] as const)
  for (const era of ["legacy", "modern"] as const)
    test.concurrent(
      `a schema ${what}, at a ${era} server`,
      inHome(async (home) => {
        const complete = era === "modern" ? '"resultType":"complete",' : "";
        const list = ({ id, response }: Asked) =>
          json(
            response,
            `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{${complete}"tools":[{"name":"good","inputSchema":{"type":"object"}},{"name":"deep","inputSchema":${schema}}]}}`,
          );
        // A result as deep as the schema is passed on as well.
        const called = ({ id, response }: Asked) =>
          json(
            response,
            `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{${complete}"content":[],"structuredContent":{"a":${arrays(20_000)}}}}`,
          );
        const make = era === "legacy" ? legacyServer : modernServer;
        const server = home.owns(await make(list, called));
        const { say, answer } = startBridge(home, [server.url]);
        say(initialize(), INITIALIZED, request("list", "tools/list"), call("call", "deep"));
        const { result } = await answer("list");
        expect(result.tools.map(({ name }: { name: string }) => name)).toContain("good");
        expect((await answer("call")).result.content).toEqual([]);
        expect((await home.run([server.url, "tools-list"])).stdout).toMatch(/^good/m);
      }),
      60_000,
    );

for (const era of ["legacy", "modern"] as const)
  for (const client of ["legacy", "modern"] as const)
    test.concurrent(
      `a ${client} client has one answer where arguments or a result are deeper than a ${era} server's version can be written`,
      inHome(async (home) => {
        const deep = arrays(60_000);
        const called = ({ id, response, text }: Asked) =>
          json(
            response,
            `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"resultType":"complete","content":[]${text.includes('"deep"') ? `,"structuredContent":{"a":${deep}}` : ""}}}`,
          );
        const make = era === "legacy" ? legacyServer : modernServer;
        const server = home.owns(await make(() => undefined, called));
        const { child, say, answer } = startBridge(home, [server.url]);
        const asked = (id: unknown, name: string) =>
          client === "modern" ? modern(call(id, name)) : call(id, name);
        if (client === "legacy") say(initialize(), INITIALIZED);
        child.stdin.write(
          `${JSON.stringify(asked("arguments", "x")).replace('"name"', `"arguments":{"a":${deep}},"name"`)}\n`,
        );
        say(asked("result", "deep"));
        for (const id of ["arguments", "result"]) {
          const { error, result } = await answer(id);
          if (era === client) expect(result.content).toEqual([]);
          else expect(error.data.code).toBe("too_deep");
        }
      }),
      60_000,
    );

test.concurrent(
  "a legacy server's question that is nested too deep for a modern client is answered at once, and the call goes on",
  inHome(async (home) => {
    let asking: Asked | undefined;
    const question = `{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"m","requestedSchema":{"type":"object","properties":{}},"deep":${arrays(60_000)}}}`;
    const before = ({ error }: Asked) => {
      if (!error) return false;
      const said = { jsonrpc: "2.0", id: asking?.id, result: { content: [], said: error.data.code } };
      asking?.response.end(`data: ${JSON.stringify(said)}\n\n`);
      return false;
    };
    const called = (asked: Asked) => {
      asking = asked;
      stream(asked.response).write(`data: ${question}\n\n`);
    };
    const server = await startLegacyServer(
      (asked) =>
        asked.http === "GET"
          ? asked.response.writeHead(405).end()
          : asked.method === "tools/call"
            ? called(asked)
            : asked.response.writeHead(400).end(),
      { before },
    );
    const { say, answer } = startBridge(home, [home.owns(server).url]);
    const asked = modern(call(1)) as Json;
    asked.params._meta = {
      ...META,
      "io.modelcontextprotocol/clientCapabilities": { elicitation: { form: {} } },
    };
    say(asked);
    expect((await answer(1)).result.said).toBe("too_deep");
  }),
  60_000,
);
