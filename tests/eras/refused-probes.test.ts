// A one-off command at a handshake server that answers what comes outside a session in a way of its own: that settles no
// more than that the handshake is tried.
import { expect, test } from "bun:test";
import { inHome } from "../support/home.ts";
import { json, reply, type Script, stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";

const REFUSALS: [string, Script][] = [
  ["leads to a page of its own", (_asked, response) => response.writeHead(302, { location: "/login" }).end()],
  [
    "leads elsewhere",
    (_asked, response) => response.writeHead(307, { location: "https://login.invalid/" }).end(),
  ],
  [
    "opens a stream and says why not",
    (_asked, response) => stream(response).end("event: error\ndata: no\n\n"),
  ],
  ["opens a stream and ends it", (_asked, response) => stream(response).end()],
  ["breaks off", (_asked, response) => response.destroy()],
  ["answers nobody", (_asked, response) => json(response, { jsonrpc: "2.0", id: "nobody", result: {} })],
  ["says no in a word", (_asked, response) => json(response, { error: "no session" })],
];

const RESULTS: Record<string, object> = { "tools/list": { tools: [] }, "prompts/list": { prompts: [] } };

for (const [how, refuse] of REFUSALS)
  test.concurrent(
    `a server that ${how}`,
    inHome(async (home) => {
      const script: Script = (asked, response, request) => {
        if (asked.http === "GET") return response.writeHead(405).end();
        if (asked.session === undefined) return refuse(asked, response, request);
        return reply(asked, RESULTS[asked.method] ?? {});
      };
      for (const verb of ["tools-list", "prompts-list", "show", "ping"]) {
        const server = home.owns(await startLegacyServer(script));
        expect(await home.run([server.url, verb])).toMatchObject({ code: 0 });
      }
    }),
    60_000,
  );

test(
  "a call that broke off may have been carried out: it is not made again",
  inHome(async (home) => {
    const server = home.owns(
      await startLegacyServer(({ session, method }, response) => {
        if (method === "tools/call" && session === undefined) response.destroy();
        else json(response, {});
      }),
    );
    // By the request alone: tools-call asks for the list of tools before.
    const { code, stderr } = await home.run([server.url, "request", "tools/call", "name=x"]);
    expect(code).toBe(3);
    expect(stderr).toContain("not known");
    expect(server.count("tools/call")).toBe(1);
  }),
  60_000,
);
