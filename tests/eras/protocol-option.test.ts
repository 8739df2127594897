// The option --protocol: one version, whoever asks.
import { describe, expect, test } from "bun:test";
import { legacy } from "../support/mcp/scripted-legacy.ts";
import { answerTo, beginnings, piped, textOf } from "../support/messages.ts";
import { requestsOf, SSE_SESSION, serversBehindFront } from "./servers.ts";

const { home, servers, front } = serversBehindFront();

describe("--protocol", () => {
  const LEGACY = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
  const asked = () =>
    front.seen.filter((asked) => asked.method === "initialize").map((asked) => asked.params?.protocolVersion);

  for (const version of LEGACY)
    test(`${version} is what is asked for, whoever asks`, async () => {
      // A server of both eras would rather be modern.
      for (const kind of ["legacy", "dual"] as const) {
        front.put(servers[kind].url);
        const args = [front.url, "--protocol", version];
        expect((await home.run([...args, "tools-call", "echo", "text=hi"])).stdout).toBe("hi\n");
        for (const client of ["legacy", "modern"] as const)
          expect(textOf(answerTo(await piped(home, args, beginnings[client]), "call"))).toBe("hi");
        const show = await home.run(["show", ...args, "--json"]);
        expect(JSON.parse(show.stdout).protocolVersion).toBe(version);
      }
      expect(new Set(asked())).toEqual(new Set([version]));
      expect(front.requests).not.toContain("POST server/discover");
    });

  test("2024-11-05 finds a server of HTTP+SSE, and remembers that", async () => {
    front.put(servers.sse.url);
    const call = () => home.run([front.url, "--protocol", "2024-11-05", "tools-call", "echo", "text=hi"]);
    expect((await call()).stdout).toBe("hi\n");
    expect(await requestsOf(front, call)).toEqual(SSE_SESSION);
    for (const client of ["legacy", "modern"] as const)
      expect(
        await requestsOf(front, async () => {
          const lines = await piped(home, [front.url, "--protocol", "2024-11-05"], beginnings[client]);
          expect(textOf(answerTo(lines, "call"))).toBe("hi");
        }),
      ).toEqual(SSE_SESSION);
  });

  test("2026-07-28 does without any other era", async () => {
    const args = [front.url, "--protocol", "2026-07-28"];
    front.put(servers.modern.url);
    expect(await requestsOf(front, () => home.run([...args, "tools-list"]))).not.toContain("POST initialize");
    for (const client of ["legacy", "modern"] as const)
      expect(textOf(answerTo(await piped(home, args, beginnings[client]), "call"))).toBe("hi");
    front.put(servers.legacy.url);
    expect((await home.run([...args, "tools-list"])).code).toBe(2);
    for (const client of ["legacy", "modern"] as const)
      expect(answerTo(await piped(home, args, beginnings[client].slice(0, 1)), "init").error).toBeDefined();
    expect(front.requests).not.toContain("POST initialize");
  });

  test("a version that the server does not agree to is an error with both", async () => {
    front.put(
      legacy((_asked, response) => response.writeHead(202).end(), {
        handshake: { protocolVersion: "2025-06-18" },
        sessions: false,
      }),
    );
    const args = [front.url, "--protocol", "2025-11-25"];
    const { code, stderr } = await home.run([...args, "tools-list"]);
    expect(code).toBe(2);
    expect(stderr).toContain("2025-11-25");
    expect(stderr).toContain("2025-06-18");
    for (const client of ["legacy", "modern"] as const) {
      const { error } = answerTo(await piped(home, args, beginnings[client].slice(0, 1)), "init");
      expect(error?.message).toContain("2025-11-25");
      expect(error?.message).toContain("2025-06-18");
    }
  });

  test("an unknown version is refused before anything is sent, the known ones named", async () => {
    for (const args of [
      ["tools-list", front.url],
      ["bridge", front.url],
      ["connect", front.url, "@x"],
    ]) {
      const { code, stderr } = await home.run([...args, "--protocol", "2025-13-01"]);
      expect(code).toBe(1);
      for (const version of [...LEGACY, "2026-07-28"]) expect(stderr).toContain(version);
    }
    const { code } = await home.run(["tools-list", front.url], { env: { M2MCP_PROTOCOL: "latest" } });
    expect(code).toBe(1);
    expect(front.requests).toEqual([]);
  });
});
