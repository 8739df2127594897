import { expect, test } from "bun:test";
import { wrongUsage } from "../../lib/failure.ts";
import { asGiven } from "../../lib/verbs/variables.ts";
import { homeForEachTest } from "../support/home.ts";

const home = homeForEachTest();
const wrong = wrongUsage("--timeout abc is no number of seconds", "give it like --timeout 30, or --verbose");

test("an option that came from its variable is named by that", () => {
  expect(asGiven(wrong, (name) => name === "timeout")).toMatchObject({
    message: "M2MCP_TIMEOUT abc is no number of seconds",
    hint: "give it like M2MCP_TIMEOUT=30, or --verbose",
    exitCode: 1,
  });
  expect(asGiven(wrong, () => true).hint).toContain("or --verbose");
});

test("no word of the sentence is taken for a value, and a hint that names both stays", () => {
  const hintOf = (hint: string) =>
    asGiven(wrongUsage("cannot read the file of --client-secret-file", hint), () => true).hint;
  const both = "--client-secret-file and M2MCP_CLIENT_SECRET_FILE take a path";
  expect(hintOf(both)).toBe(both);
  expect(hintOf("--client-secret-file and others take a path")).toBe(
    "M2MCP_CLIENT_SECRET_FILE and others take a path",
  );
  expect(hintOf("write --client-secret-file FILE")).toBe("write M2MCP_CLIENT_SECRET_FILE=FILE");
});

test("one that was typed, or came from nowhere, keeps its name", () => {
  expect(asGiven(wrong, () => false)).toBe(wrong);
});

test("a wrong value of a variable is told by the variable's name", async () => {
  for (const [name, value] of [
    ["M2MCP_TIMEOUT", "abc"],
    ["M2MCP_PROTOCOL", "1999"],
    ["M2MCP_COLOR", "maybe"],
    ["M2MCP_HEADER", "bad"],
    ["M2MCP_STORE", "foo"],
  ] as const) {
    const run = await home.run(["tools-list", "http://127.0.0.1:1/mcp"], { env: { [name]: value } });
    expect([run.code, run.stderr]).toEqual([1, expect.stringContaining(name)]);
    expect(run.stderr.split("\n")[0]).not.toContain("--");
    const bridge = await home.run(["bridge", "http://127.0.0.1:1/mcp"], { env: { [name]: value } });
    expect(bridge.stderr.match(/M2MCP_\w+/g)?.length).toBe(run.stderr.match(/M2MCP_\w+/g)?.length);
  }
});
