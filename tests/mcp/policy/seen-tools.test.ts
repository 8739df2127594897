// What is pinned at first sight is all that the server lists, whichever page of it a client asks for.
import { expect, test } from "bun:test";
import { request as requestMessage, resultResponse } from "../../../lib/mcp/jsonrpc/message.ts";
import { createGuard } from "../../../lib/mcp/policy/guard.ts";
import type { Pins } from "../../../lib/mcp/policy/pins.ts";
import { answered } from "../../../lib/mcp/protocol/answer.ts";
import type { Transport } from "../../../lib/mcp/protocol/transport.ts";

const PAGES: Record<string, { tools: { name: string }[]; nextCursor?: string }> = {
  "": { tools: [{ name: "one" }], nextCursor: "b" },
  b: { tools: [{ name: "two" }], nextCursor: "c" },
  c: { tools: [{ name: "three" }] },
};

/** A guard with pins over a server of three pages. */
function guarded() {
  const kept: { pins?: Pins } = {};
  const guard = createGuard({
    rules: [],
    pins: {
      read: async () => kept.pins,
      async change(change) {
        const pins = change(kept.pins);
        if (pins) kept.pins = pins;
        return pins;
      },
    },
    approve: () => "approve",
    warn() {},
    now: () => 0,
  });
  const inner: Transport = {
    async request({ message }) {
      return answered(resultResponse(message.id, { ...PAGES[String(message.params.cursor ?? "")] }));
    },
    async notify() {},
    async respond() {},
    async close() {},
  };
  const over = guard(
    async () => {},
    () => inner,
  );
  /** A page as a client sees it. */
  const page = async (cursor?: string) => {
    const message = requestMessage("1", "tools/list", cursor === undefined ? {} : { cursor });
    const { signal } = new AbortController();
    const answer = await over.request({ message, signal, onMessage: async () => {} });
    const tools = answer.kind === "response" ? answer.message.result?.tools : undefined;
    return Array.isArray(tools) ? tools.map(({ name }) => name) : [];
  };
  return { kept, page };
}

// As over several processes of `serve`, of which each gets some of the pages.
for (const [what, before] of [
  ["the last page alone", []],
  ["the last page after the first alone", [undefined]],
  ["the last page after another one", ["b"]],
] as const)
  test(what, async () => {
    const { kept, page } = guarded();
    for (const cursor of before) await page(cursor);
    delete kept.pins;
    expect(await page("c")).toEqual(["three"]);
    expect(Object.keys(kept.pins ?? {}).sort()).toEqual(["one", "three", "two"]);
    expect(await page()).toEqual(["one"]);
  });
