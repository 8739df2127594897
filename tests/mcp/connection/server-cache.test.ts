import { expect, test } from "bun:test";
import { learned } from "../../../lib/mcp/connection/server-cache.ts";

test("news of a server are added; of another era, they are all that is known", () => {
  const map = { t: [{ path: ["a"], header: "Mcp-Param-A" }] };
  expect(learned({ toolHeaders: map }, { era: "modern" })).toEqual({ toolHeaders: map, era: "modern" });
  expect(learned({ toolHeaders: map, era: "modern" }, { era: "modern" })).toEqual({
    toolHeaders: map,
    era: "modern",
  });
  const session = { id: "s", protocolVersion: "2025-11-25" };
  expect(learned({ era: "legacy", session }, { era: "modern" })).toEqual({ era: "modern" });
  expect(learned({ era: "modern", toolHeaders: map }, { era: "legacy", session })).toEqual({
    era: "legacy",
    session,
  });
});
