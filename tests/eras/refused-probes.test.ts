// A one-off command at a handshake server that answers what comes outside a session in a way of its own: that settles no
// more than that the handshake is tried.
import { describe, expect, test } from "bun:test";
import { inHome } from "../support/home.ts";
import { json, refuse, reply, type Script, says, stream } from "../support/mcp/scripted.ts";
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
  ["says nothing", () => {}],
  ["opens a stream and says nothing on it", (_asked, response) => stream(response)],
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

describe("a call that the server's refusal names may have been carried out: it is not made again", () => {
  const FAILED = { code: -32603, message: "paid, but the receipt failed" };

  for (const [which, sessions, outside] of [
    ["that keeps sessions", true, false],
    ["that gives none", false, false],
    ["that answers without a handshake too", true, true],
  ] as const)
    for (const status of [200, 400, 404, 500])
      test.concurrent(
        `with ${status}, at a server ${which}`,
        inHome(async (home) => {
          let made = 0;
          const script: Script = (asked, response) => {
            if (asked.http === "GET") return response.writeHead(405).end();
            if (sessions && !outside && asked.session === undefined)
              return refuse({ ...asked, id: null }, 400, { code: -32000, message: "Bad Request" });
            if (asked.method === "tools/list")
              return reply(asked, { tools: [{ name: "pay", inputSchema: { type: "object" } }] });
            if (asked.method === "tools/call") {
              made++;
              return refuse(asked, status, FAILED);
            }
            return asked.method === "ping"
              ? reply(asked, {})
              : refuse(asked, 200, { code: -32601, message: "Method not found" });
          };
          for (const words of [
            ["tools-call", "pay"],
            ["request", "tools/call", "name=pay"],
          ]) {
            made = 0;
            const server = home.owns(await startLegacyServer(script, { sessions }));
            // By its address first, of which nothing is known; then as it is remembered.
            for (const times of [1, 2]) {
              const { code, stderr } = await home.run([server.url, ...words]);
              expect(code).toBe(2);
              expect(stderr).toContain("receipt failed");
              expect(made).toBe(times);
            }
          }
        }),
        60_000,
      );

  test.concurrent(
    "but where it is refused for want of a handshake, as by servers of the Python SDK, which answer a ping before",
    inHome(async (home) => {
      const server = home.owns(
        await startLegacyServer((asked, response) => {
          if (asked.http === "GET") return response.writeHead(405).end();
          if (asked.method === "ping") return reply(asked, {});
          if (asked.session === undefined)
            return refuse(asked, 200, { code: -32602, message: "Invalid request parameters" });
          return reply(asked, says("made"));
        }),
      );
      const { code, stdout } = await home.run([server.url, "request", "tools/call", "name=x"]);
      expect(code).toBe(0);
      expect(stdout).toContain("made");
    }),
    60_000,
  );

  test.concurrent(
    "but where the session that it was made in is gone, in whatever words",
    inHome(async (home) => {
      let alive = "s1";
      const server = home.owns(
        await startLegacyServer((asked, response) => {
          if (asked.http === "GET") return response.writeHead(405).end();
          if (asked.session !== alive)
            return refuse(asked, 400, { code: -32600, message: "Invalid Request" });
          return reply(asked, asked.method === "tools/list" ? { tools: [] } : says(alive));
        }),
      );
      await home.run(["connect", server.url, "@svc"]);
      await home.run(["@svc", "tools-list"]);
      alive = `s${server.count("initialize") + 1}`;
      const { code, stdout } = await home.run(["@svc", "request", "tools/call", "name=x"]);
      expect(code).toBe(0);
      expect(stdout).toContain(alive);
    }),
    60_000,
  );
});
