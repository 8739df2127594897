import { expect, test } from "bun:test";
import { findingsOf } from "../../lib/verbs/desktop/entry-checks.ts";

test("of npx on Windows, which is a batch file, doctor shows the form that every host can start", () => {
  const entry = {
    name: "svc",
    target: "@svc",
    command: "npx",
    args: ["-y", "m2mcp", "bridge", "@svc"],
    env: {},
  };
  const facts = { store: "C:\\s", ownStore: "C:\\s", env: {} };
  const program = { kind: "batch file", path: "C:\\node\\npx.cmd" } as const;
  const [finding, more] = findingsOf("claude-code", entry, { ...facts, program }, "m2mcp install @svc");
  expect([finding?.isFault, more]).toEqual([false, undefined]);
  expect(finding?.saw).toContain("C:\\node\\npx.cmd, a batch file");
  expect(finding?.fix).toContain('"command": "cmd", "args": ["/c","npx","-y","m2mcp", …]');
  expect(findingsOf("claude-code", entry, { ...facts, program: { kind: "this" } }, "")).toEqual([]);
});
