import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCache, memoryCache, openProfileStore } from "../../lib/verbs/target/saved.ts";

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "m2mcp-state-"));
  await store().writeProfile({ name: "team", server: "https://h.example/", createdAtMs: 1 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const store = () =>
  openProfileStore({ env: { M2MCP_HOME: join(folder, "store"), M2MCP_STORE: "file" }, warn: () => {} });
const cache = (of = store()) => createCache(of, async () => "team");
const [A, B] = ["https://h.example/a", "https://h.example/b"];

describe("what is remembered of servers", () => {
  test("what is remembered of servers is kept for each address, across processes", async () => {
    await cache()
      .server(A)
      .change(() => ({ era: "legacy", session: { id: "s", protocolVersion: "2025-11-25" } }));
    await cache()
      .server(B)
      .change(() => ({ era: "modern" }));
    await cache()
      .server(A)
      .change((old) => ({ ...old, protocolVersion: "2025-11-25" }));
    expect(await cache().server(B).read()).toEqual({ era: "modern" });
    expect(await cache().server(A).read()).toEqual({
      era: "legacy",
      session: { id: "s", protocolVersion: "2025-11-25" },
      protocolVersion: "2025-11-25",
    });
    expect(await cache().server("https://other.example").read()).toBeUndefined();
  });

  test("what a version before remembered for all servers at once is not taken for any; the rest of its state stays", async () => {
    const kept = store();
    const auth = { discovered: { tokenEndpoint: "https://as.example/token" } } as never;
    await kept.updateState("team", () => ({ auth, server: { era: "modern" } }));
    expect(await cache().server(A).read()).toBeUndefined();
    await cache()
      .server(A)
      .change((old) => ({ ...old, era: "legacy" }));
    expect(await kept.readState("team")).toEqual({ auth, servers: { [A]: { era: "legacy" } } });
  });

  test("what is remembered of servers does not grow without end: those longest unchanged go", async () => {
    const many = memoryCache({});
    const address = (at: number) => `https://h.example/${at}`;
    for (let at = 0; at < 100; at++)
      await many.server(address(at)).change(() => ({ protocolVersion: String(at) }));
    await many.server(address(40)).change((old) => ({ ...old, era: "modern" }));
    await many.server(address(100)).change(() => ({ era: "legacy" }));
    expect(await many.server(address(0)).read()).toBeUndefined();
    expect(await many.server(address(40)).read()).toEqual({ protocolVersion: "40", era: "modern" });
    expect(await many.server(address(36)).read()).toBeUndefined();
    expect(await many.server(address(38)).read()).toEqual({ protocolVersion: "38" });
  });
});
