// Versions: each that a client may ask for, and errors that name those of both sides.
import { beforeEach, describe, expect, test } from "bun:test";
import { refuse, reply, says } from "../support/mcp/scripted.ts";
import { legacy } from "../support/mcp/scripted-legacy.ts";
import { discovered } from "../support/mcp/scripted-modern.ts";
import {
  answerTo,
  beginnings,
  DISCOVER,
  echo,
  INITIALIZED,
  initialize,
  META,
  piped,
  textOf,
} from "../support/messages.ts";
import { connectLegacy, connectModern } from "../support/sdk-clients.ts";
import { KINDS, serversBehindFront } from "./servers.ts";
import { speaks } from "./speaks.ts";

const { home, servers, front } = serversBehindFront();
const LEGACY = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

for (const kind of [...KINDS, "dual"] as const) {
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
    front.put((asked) => {
      if (asked.method !== "server/discover") return refuse(asked, 400, { code: -32020, message: "headers" });
      return reply(asked, discovered({}, "2027-01-01"));
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
      expect(textOf(answerTo(await piped(home, [front.url], beginnings[client]), "call"))).toBe("hi");
  });

  test("that a legacy server names in its refusal is asked for", async () => {
    const asked: unknown[] = [];
    front.put(
      legacy((asked) => reply(asked, says("hi")), {
        handshake: { protocolVersion: "2025-03-26" },
        sessions: false,
        before(request) {
          if (request.method !== "initialize") return false;
          const requested = request.params?.protocolVersion;
          asked.push(requested);
          if (requested === "2025-03-26") return false;
          const data = { supported: ["2025-03-26"], requested };
          refuse(request, 200, { code: -32602, message: "Unsupported protocol version", data });
          return true;
        },
      }),
    );
    const args = [front.url, "--protocol", "2025-11-25"];
    expect((await home.run([...args, "tools-call", "echo"])).code).toBe(2);
    const known = ["2025-11-25", "2025-03-26"];
    // Not pinned, the bridge takes what there is, for a modern client and for a command.
    asked.length = 0;
    expect(textOf(answerTo(await piped(home, [front.url], beginnings.modern), "call"))).toBe("hi");
    expect(asked).toEqual(known);
    expect((await home.run([front.url, "tools-call", "echo"])).stdout).toBe("hi\n");
    // A legacy client chooses for itself.
    const { error } = answerTo(await piped(home, [front.url], [initialize()]), "init");
    expect(error).toMatchObject({ code: -32602, data: { supported: ["2025-03-26"] } });
  });

  test("is asked for again when a server refused it at first", async () => {
    let refusals = 0;
    front.put((asked, response, request) => {
      if (request.headers["mcp-method"] === "tools/call" && refusals++ === 0)
        return refuse(asked, 400, {
          code: -32022,
          message: "Unsupported protocol version",
          data: { supported: ["2026-07-28"], requested: "2026-07-28" },
        });
      return speaks("2026-07-28")(asked, response, request);
    });
    expect((await home.run([front.url, "tools-call", "echo"])).stdout).toBe("hi\n");
    expect(refusals).toBe(2);
  });
});

describe("an unknown version in a legacy handshake", () => {
  beforeEach(() =>
    front.put(
      legacy(
        (asked, response) => {
          if (asked.http === "GET") return response.writeHead(405).end();
          if (asked.method === "server/discover") return response.writeHead(400).end("no session");
          return reply(asked, says("hi"));
        },
        { handshake: { protocolVersion: "2099-01-01" }, sessions: false },
      ),
    ),
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
