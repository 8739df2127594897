import { describe, expect, test } from "bun:test";
import type { ServerMemory } from "../../../lib/mcp/protocol/endpoint.ts";
import { bare, refuse, result, type Sent } from "../../support/mcp/fake-endpoint.ts";
import { until } from "../../support/waiting.ts";
import { legacy, startConnection as start } from "./start.ts";

describe("a one-off command goes on in the session that an earlier one left", () => {
  const memory: ServerMemory = {
    era: "legacy",
    protocolVersion: "2025-11-25",
    session: { id: "s1", protocolVersion: "2025-11-25" },
  };
  test("in one request", async () => {
    const { ask, endpoint } = start(legacy(), { own: true, memory });
    expect(await ask("1")).toBe("legacy");
    expect(endpoint.requests()).toEqual(["POST tools/call"]);
  });

  for (const [what, say] of [
    ["404", () => bare(404)],
    ["400 in words", () => bare(400, "Session not found")],
    ["401 without a challenge", () => bare(401, "Session expired")],
    ["200 with an error", (sent: Sent) => refuse(sent, 200, -32001, "Session not found")],
    ["500 in words", () => bare(500, "session s0 not found")],
    ["422 in words", () => bare(422, "unknown Mcp-Session-Id")],
  ] as [string, (sent: Sent) => Response][])
    test(`or opens another where that is gone: ${what}`, async () => {
      const server = legacy((sent) => (sent.session === "old" ? say(sent) : result(sent, { text: "fresh" })));
      const { ask, endpoint } = start(server, {
        own: true,
        memory: { ...memory, session: { id: "old", protocolVersion: "2025-11-25" } },
      });
      expect(await ask("1")).toBe("fresh");
      expect(endpoint.requests()).toEqual([
        "POST tools/call",
        "POST initialize",
        "POST notifications/initialized",
        "POST tools/call",
      ]);
      await until(() => endpoint.memory?.session?.id === "s1");
    });

  test("and tells a refusal that new ones meet too", async () => {
    const { ask, endpoint } = start(
      legacy(() => bare(404)),
      { own: true, memory },
    );
    expect(await ask("1")).toBe("refused 404");
    expect(endpoint.count("initialize")).toBeLessThanOrEqual(2);
  });
});
