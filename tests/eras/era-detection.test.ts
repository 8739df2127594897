// Servers that make it hard to tell their era, and first requests that do not tell the client's.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { createHome } from "../support/home.ts";
import { json, refuse, reply, says } from "../support/mcp/scripted.ts";
import { legacy } from "../support/mcp/scripted-legacy.ts";
import { discovered } from "../support/mcp/scripted-modern.ts";
import {
  answerTo,
  beginnings,
  echo,
  INITIALIZED,
  initialize,
  META,
  piped,
  request,
  textOf,
} from "../support/messages.ts";
import { serversBehindFront } from "./servers.ts";
import { speaks } from "./speaks.ts";

const { home, servers, front } = serversBehindFront();

describe("servers that make it hard to tell their era", () => {
  const error = (code: number) =>
    JSON.stringify({ jsonrpc: "2.0", id: null, error: { code, message: "no" } });

  for (const [status, body] of [
    [400, ""],
    [404, "not found"],
    [405, "<html>"],
    [400, error(-32602)],
    [400, error(-32600)],
    [404, error(-32601)],
    [200, error(-32601)],
    [400, error(-32020)],
  ] as const)
    test(`a modern one that refuses a handshake with ${status} ${body}`, async () => {
      // A modern server behind something that refuses what it does not know in its own way.
      front.put((asked, response, request) => {
        if (asked.method === "server/discover") return reply(asked, discovered());
        if (request.headers["mcp-method"] !== undefined)
          return speaks("2026-07-28")(asked, response, request);
        if (!body.startsWith("{")) return response.writeHead(status).end(body);
        return json(response, { ...JSON.parse(body), id: asked.id }, status);
      });
      const lines = await piped(home, [front.url], beginnings.legacy);
      expect(answerTo(lines, "init").error).toBeUndefined();
      expect(textOf(answerTo(lines, "call"))).toBe("hi");
    });

  test("a legacy one without sessions that answers all it gets", async () => {
    front.put(
      legacy(
        (asked, response) => {
          if (asked.http === "GET") return response.writeHead(405).end();
          if (asked.method === "tools/call") return reply(asked, says("hi"));
          return refuse(asked, 200, { code: -32601, message: "Method not found" });
        },
        { handshake: { protocolVersion: "2025-06-18" }, sessions: false },
      ),
    );
    for (const client of ["legacy", "modern"] as const) {
      const lines = await piped(home, [front.url], beginnings[client]);
      expect(answerTo(lines, "init").error).toBeUndefined();
      expect(textOf(answerTo(lines, "call"))).toBe("hi");
    }
    const fresh = createHome();
    expect((await fresh.run([front.url, "tools-call", "echo"])).stdout).toBe("hi\n");
    expect((await fresh.run(["show", front.url])).stdout).toContain("2025-06-18");
    fresh.remove();
  });

  test("a legacy one that asks for the handshake with an error in a 200", async () => {
    front.put(
      legacy(
        (asked, response) => {
          if (asked.http === "GET") return response.writeHead(405).end();
          if (asked.session !== undefined) return reply(asked, says("hi"));
          return refuse(asked, 200, { code: -32000, message: "not initialized" });
        },
        { handshake: { protocolVersion: "2025-06-18" } },
      ),
    );
    expect((await home.run([front.url, "tools-call", "echo"])).stdout).toBe("hi\n");
    const fresh = createHome();
    for (const client of ["modern", "legacy"] as const)
      expect(textOf(answerTo(await piped(fresh, [front.url], beginnings[client]), "call"))).toBe("hi");
    fresh.remove();
  });

  test("an address where nothing of MCP is", async () => {
    front.put((_asked, response) => response.writeHead(404).end("nothing here"));
    for (const client of ["legacy", "modern"] as const) {
      const { error } = answerTo(await piped(home, [front.url], beginnings[client].slice(0, 1)), "init");
      expect(error?.data).toMatchObject({ code: "http_status" });
      expect(error?.message).toContain("404");
    }
    const { code, stderr } = await home.run([front.url, "tools-list"]);
    expect(code).toBe(2);
    expect(stderr).toContain("404");
  });
});

describe("a client's first request", () => {
  for (const kind of ["legacy", "modern", "sse"] as const)
    test(`may be a ping, before the handshake, with a server of kind ${kind}`, async () => {
      const lines = await piped(
        home,
        [servers[kind].url, "--timeout", "10"],
        [
          request("ping", "ping"),
          initialize(),
          request("ping 2", "ping"),
          INITIALIZED,
          echo("call", "legacy"),
        ],
      );
      expect(answerTo(lines, "ping").result).toEqual({});
      expect(answerTo(lines, "init").error).toBeUndefined();
      expect(answerTo(lines, "ping 2").result).toEqual({});
      expect(textOf(answerTo(lines, "call"))).toBe("hi");
    });

  for (const kind of ["legacy", "modern", "sse"] as const)
    test(`may be a discovery in a version not known here, then a handshake, with a server of kind ${kind}`, async () => {
      const run = startBridge(home, [servers[kind].url, "--timeout", "10"]);
      const _meta = { ...META, "io.modelcontextprotocol/protocolVersion": "2099-01-01" };
      run.say(request("discover", "server/discover", { _meta }));
      expect((await run.answer("discover")).error?.code).toBe(-32022);
      run.say(initialize(), INITIALIZED, echo("call", "legacy"));
      expect((await run.answer("init")).result?.protocolVersion).toBe("2025-11-25");
      expect(textOf(await run.answer("call"))).toBe("hi");
      await run.stop();
    });
});
