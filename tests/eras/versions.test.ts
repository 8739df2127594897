// Versions: each that a client may ask for, each way to find one, and errors that name both sides'.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { start } from "../support/bridge.ts";
import { createHome, type Home } from "../support/home.ts";
import { type Answering, type Front, refuse, startFront } from "../support/mcp/front.ts";
import {
  answerTo,
  DISCOVER,
  echo,
  INITIALIZED,
  initialize,
  META,
  opening,
  piped,
  textOf,
} from "../support/messages.ts";
import { json } from "../support/net/json.ts";
import { connectLegacy, connectModern } from "../support/sdk-clients.ts";
import { startServers } from "./servers.ts";

const KINDS = ["legacy", "modern", "sse", "dual"] as const;
const LEGACY = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

let servers: Awaited<ReturnType<typeof startServers>>;
let home: Home;
let front: Front;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(async () => {
  for (const server of Object.values(servers)) await server.stop();
});
beforeEach(async () => {
  home = createHome();
  front = await startFront(servers.legacy.url);
});
afterEach(async () => {
  home.remove();
  await front.stop();
});

for (const kind of KINDS) {
  for (const version of LEGACY)
    test(`a client of ${version} and a server of kind ${kind}`, async () => {
      const it = await connectLegacy({ url: servers[kind].url, env: home.env }, version);
      expect(it.version()).toBe(version);
      expect(await it.call("echo", { text: "hi" })).toMatchObject({ content: [{ text: "hi" }] });
      expect(await it.call("sum", { a: 1, b: 1 })).toMatchObject({ structuredContent: { sum: 2 } });
      await it.close();
    });

  test(`the modern SDK finds by itself how to speak with a server of kind ${kind}`, async () => {
    // Twice: not known, and remembered.
    for (let round = 0; round < 2; round++) {
      const it = await connectModern({ url: servers[kind].url, env: home.env }, "auto");
      expect(it.version()).toBe("2026-07-28");
      expect(await it.call("ask")).toMatchObject({ content: [{ text: "accept Ada" }] });
      await it.close();
    }
  });

  test(`the modern SDK's legacy mode and a server of kind ${kind}`, async () => {
    const it = await connectModern({ url: servers[kind].url, env: home.env }, "legacy");
    expect(it.version()).toBe("2025-11-25");
    expect(await it.call("echo", { text: "hi" })).toMatchObject({ content: [{ text: "hi" }] });
    await it.close();
  });
}

/** A server that speaks only these versions of the modern era, and none of the legacy one unless one is among them. */
const speaks =
  (...supported: string[]): Answering =>
  (_request, response, body) => {
    const meta = body?.params?._meta as Record<string, unknown> | undefined;
    const requested = String(meta?.["io.modelcontextprotocol/protocolVersion"] ?? "none");
    const legacy = supported.find((version) => version < "2026");
    if (legacy && body?.method === "initialize") {
      const result = {
        protocolVersion: legacy,
        capabilities: { tools: {} },
        serverInfo: { name: "x", version: "1" },
      };
      return json(response, 200, { jsonrpc: "2.0", id: body.id, result });
    }
    if (legacy && !meta && body?.id === undefined) return void response.writeHead(202).end();
    if (!(legacy && !meta) && !supported.includes(requested))
      return refuse(response, body, 400, {
        code: -32022,
        message: "Unsupported protocol version",
        data: { supported, requested },
      });
    const result = { content: [{ type: "text", text: "hi" }] };
    json(response, 200, { jsonrpc: "2.0", id: body?.id, result });
  };

describe("no version in common", () => {
  test("is an error that names both sides' versions", async () => {
    front.put(speaks("2027-01-01", "2028-01-01"));
    const { error } = answerTo(await piped(home, [front.url], [initialize()]), "init");
    for (const version of ["2025-11-25", "2026-07-28", "2027-01-01", "2028-01-01"])
      expect(error?.message).toContain(version);
    expect(error).toMatchObject({ code: -32022, data: { supported: ["2027-01-01", "2028-01-01"] } });

    const asked = answerTo(await piped(home, [front.url], [DISCOVER]), "init").error;
    expect(asked).toMatchObject({
      code: -32022,
      data: { supported: ["2027-01-01", "2028-01-01"], requested: "2026-07-28" },
    });

    const { code, stderr } = await home.run([front.url, "tools-call", "echo"]);
    expect(code).toBe(2);
    for (const version of ["2025-11-25", "2026-07-28", "2027-01-01", "2028-01-01"])
      expect(stderr).toContain(version);
  });

  test("is met by the bridge itself for a modern client of another version", async () => {
    const _meta = { ...META, "io.modelcontextprotocol/protocolVersion": "2027-01-01" };
    for (const kind of ["legacy", "sse"] as const) {
      const ask = { ...DISCOVER, params: { _meta } };
      const { error } = answerTo(await piped(home, [servers[kind].url], [ask]), "init");
      expect(error).toMatchObject({
        code: -32022,
        data: { supported: ["2026-07-28"], requested: "2027-01-01" },
      });
      expect(error?.message).toContain("2026-07-28");
      expect(error?.message).toContain("2027-01-01");
    }
  });

  test("of a discovered server is found before the first call", async () => {
    front.put((_request, response, body) => {
      if (body?.method !== "server/discover")
        return refuse(response, body, 400, { code: -32020, message: "headers" });
      const result = { resultType: "complete", supportedVersions: ["2027-01-01"], capabilities: {} };
      json(response, 200, { jsonrpc: "2.0", id: body.id, result });
    });
    const { error } = answerTo(await piped(home, [front.url], [initialize()]), "init");
    for (const version of ["2025-11-25", "2027-01-01"]) expect(error?.message).toContain(version);
  });
});

describe("a version in common", () => {
  test("that is legacy is agreed on although the refusal is a modern one", async () => {
    front.put(speaks("2025-06-18"));
    const call = () => home.run([front.url, "tools-call", "echo"]);
    expect((await call()).stdout).toBe("hi\n");
    expect((await call()).stdout).toBe("hi\n");
    for (const client of ["legacy", "modern"] as const)
      expect(textOf(answerTo(await piped(home, [front.url], opening[client]), "call"))).toBe("hi");
  });

  test("that a legacy server names in its refusal is asked for", async () => {
    const asked: unknown[] = [];
    front.put((_request, response, body) => {
      if (body?.method !== "initialize")
        return body?.id === undefined
          ? void response.writeHead(202).end()
          : json(response, 200, {
              jsonrpc: "2.0",
              id: body.id,
              result: { content: [{ type: "text", text: "hi" }] },
            });
      asked.push(body.params?.protocolVersion);
      if (body.params?.protocolVersion !== "2025-03-26")
        return refuse(response, body, 200, {
          code: -32602,
          message: "Unsupported protocol version",
          data: { supported: ["2025-03-26"], requested: body.params?.protocolVersion },
        });
      const result = {
        protocolVersion: "2025-03-26",
        capabilities: {},
        serverInfo: { name: "x", version: "1" },
      };
      json(response, 200, { jsonrpc: "2.0", id: body.id, result });
    });
    const args = [front.url, "--protocol", "2025-11-25"];
    expect((await home.run([...args, "tools-call", "echo"])).code).toBe(2);
    const known = ["2025-11-25", "2025-03-26"];
    // Not pinned, the bridge takes what there is, for a modern client and for a command.
    asked.length = 0;
    expect(textOf(answerTo(await piped(home, [front.url], opening.modern), "call"))).toBe("hi");
    expect(asked).toEqual(known);
    expect((await home.run([front.url, "tools-call", "echo"])).stdout).toBe("hi\n");
    // A legacy client chooses for itself.
    const { error } = answerTo(await piped(home, [front.url], [initialize()]), "init");
    expect(error).toMatchObject({ code: -32602, data: { supported: ["2025-03-26"] } });
  });

  test("is asked for again when a server refused it at first", async () => {
    let refusals = 0;
    front.put((request, response, body) => {
      if (request.headers["mcp-method"] === "tools/call" && refusals++ === 0)
        return refuse(response, body, 400, {
          code: -32022,
          message: "Unsupported protocol version",
          data: { supported: ["2026-07-28"], requested: "2026-07-28" },
        });
      return speaks("2026-07-28")(request, response, body);
    });
    expect((await home.run([front.url, "tools-call", "echo"])).stdout).toBe("hi\n");
    expect(refusals).toBe(2);
  });
});

describe("an unknown version in a legacy handshake", () => {
  beforeEach(() =>
    front.put((_request, response, body) => {
      if (body?.id === undefined) return void response.writeHead(body ? 202 : 405).end();
      if (body.method === "server/discover") return void response.writeHead(400).end("no session");
      const result =
        body.method === "initialize"
          ? { protocolVersion: "2099-01-01", capabilities: {}, serverInfo: { name: "x", version: "1" } }
          : { content: [{ type: "text", text: "hi" }] };
      json(response, 200, { jsonrpc: "2.0", id: body.id, result });
    }),
  );

  test("is for a legacy client to judge", async () => {
    const lines = await piped(
      home,
      [front.url],
      [initialize("2099-01-01"), INITIALIZED, echo("call", "legacy")],
    );
    expect(answerTo(lines, "init").result).toMatchObject({ protocolVersion: "2099-01-01" });
    expect(textOf(answerTo(lines, "call"))).toBe("hi");
  });

  test("is a named error for a modern client and for a command", async () => {
    const { error } = answerTo(await piped(home, [front.url], [DISCOVER]), "init");
    expect(error?.message).toContain("2099-01-01");
    expect(error?.message).toContain("2025-11-25");
    const { code, stderr } = await home.run(["show", front.url]);
    expect(code).toBe(2);
    expect(stderr).toContain("2099-01-01");
    expect(stderr).toContain("2025-11-25");
  });
});

describe("servers that make it hard to tell their era", () => {
  /** A modern server behind something that refuses what it does not know in its own way. */
  const behind =
    (status: number, body: string): Answering =>
    (request, response, message) => {
      if (request.headers["mcp-method"] === undefined) return void response.writeHead(status).end(body);
      return speaks("2026-07-28")(request, response, message);
    };
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
      front.put((request, response, message) => {
        if (message?.method === "server/discover") {
          const result = { resultType: "complete", supportedVersions: ["2026-07-28"], capabilities: {} };
          return json(response, 200, { jsonrpc: "2.0", id: message.id, result });
        }
        const answer =
          typeof body === "string" && body.startsWith("{") ? { ...JSON.parse(body), id: message?.id } : body;
        if (request.headers["mcp-method"] === undefined && typeof answer !== "string")
          return json(response, status, answer);
        return behind(status, body)(request, response, message);
      });
      const lines = await piped(home, [front.url], opening.legacy);
      expect(answerTo(lines, "init").error).toBeUndefined();
      expect(textOf(answerTo(lines, "call"))).toBe("hi");
    });

  test("a legacy one without sessions that answers all it gets", async () => {
    front.put((_request, response, body) => {
      if (body?.id === undefined) return void response.writeHead(body ? 202 : 405).end();
      if (body.method === "initialize") {
        const result = {
          protocolVersion: "2025-06-18",
          capabilities: {},
          serverInfo: { name: "x", version: "1" },
        };
        return json(response, 200, { jsonrpc: "2.0", id: body.id, result });
      }
      if (body.method === "tools/call")
        return json(response, 200, {
          jsonrpc: "2.0",
          id: body.id,
          result: { content: [{ type: "text", text: "hi" }] },
        });
      refuse(response, body, 200, { code: -32601, message: "Method not found" });
    });
    for (const client of ["legacy", "modern"] as const) {
      const lines = await piped(home, [front.url], opening[client]);
      expect(answerTo(lines, "init").error).toBeUndefined();
      expect(textOf(answerTo(lines, "call"))).toBe("hi");
    }
    const fresh = createHome();
    expect((await fresh.run([front.url, "tools-call", "echo"])).stdout).toBe("hi\n");
    expect((await fresh.run(["show", front.url])).stdout).toContain("2025-06-18");
    fresh.remove();
  });

  test("a legacy one that asks for the handshake with an error in a 200", async () => {
    front.put((request, response, body) => {
      if (body?.id === undefined) return void response.writeHead(body ? 202 : 405).end();
      if (body.method === "initialize") {
        const result = {
          protocolVersion: "2025-06-18",
          capabilities: {},
          serverInfo: { name: "x", version: "1" },
        };
        response.setHeader("mcp-session-id", "s");
        return json(response, 200, { jsonrpc: "2.0", id: body.id, result });
      }
      if (request.headers["mcp-session-id"] !== "s")
        return refuse(response, body, 200, { code: -32000, message: "not initialized" });
      json(response, 200, {
        jsonrpc: "2.0",
        id: body.id,
        result: { content: [{ type: "text", text: "hi" }] },
      });
    });
    expect((await home.run([front.url, "tools-call", "echo"])).stdout).toBe("hi\n");
    const fresh = createHome();
    for (const client of ["modern", "legacy"] as const)
      expect(textOf(answerTo(await piped(fresh, [front.url], opening[client]), "call"))).toBe("hi");
    fresh.remove();
  });

  test("an address where nothing of MCP is", async () => {
    front.put((_request, response) => response.writeHead(404).end("nothing here"));
    for (const client of ["legacy", "modern"] as const) {
      const { error } = answerTo(await piped(home, [front.url], opening[client].slice(0, 1)), "init");
      expect(error?.data).toMatchObject({ code: "http_status" });
      expect(error?.message).toContain("404");
    }
    const { code, stderr } = await home.run([front.url, "tools-list"]);
    expect(code).toBe(2);
    expect(stderr).toContain("404");
  });
});

describe("a client's opening", () => {
  for (const kind of ["legacy", "modern", "sse"] as const)
    test(`may be a ping, before the handshake, with a server of kind ${kind}`, async () => {
      const lines = await piped(
        home,
        [servers[kind].url, "--timeout", "10"],
        [
          { jsonrpc: "2.0", id: "ping", method: "ping" },
          initialize(),
          { jsonrpc: "2.0", id: "ping 2", method: "ping" },
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
      const run = start(home, [servers[kind].url, "--timeout", "10"]);
      const _meta = { ...META, "io.modelcontextprotocol/protocolVersion": "2099-01-01" };
      run.write({ jsonrpc: "2.0", id: "discover", method: "server/discover", params: { _meta } });
      expect((await run.answer("discover")).error?.code).toBe(-32022);
      run.write(initialize(), INITIALIZED, echo("call", "legacy"));
      expect((await run.answer("init")).result?.protocolVersion).toBe("2025-11-25");
      expect(textOf(await run.answer("call"))).toBe("hi");
      await run.end();
    });
});
