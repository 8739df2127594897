// What verbs say on Windows alone, asked of the plain functions with its name.
import { expect, test } from "bun:test";
import { checkedHeader } from "../../lib/store/profiles.ts";
import { parseListen } from "../../lib/verbs/serve/listen.ts";
import { exampleCall } from "../../lib/verbs/tools/example-call.ts";

test("a profile is not called as a device is on Windows; elsewhere it may be", () => {
  for (const name of ["con", "NUL", "aux.prod", "com1"]) {
    expect(() => checkedHeader(name, "win32")).toThrow("for a device");
    expect(checkedHeader(name, "linux").name).toBe(name.toLowerCase());
  }
  for (const name of ["console", "com", "prod.aux"])
    expect(checkedHeader(name, "win32")).toEqual(checkedHeader(name, "linux"));
});

test("a socket's path is no place to listen on Windows, and the message says what is", () => {
  expect(() => parseListen("unix:C:\\m.sock", "win32")).toThrow("not for Windows");
  expect(parseListen("127.0.0.1:80", "win32")).toEqual({ kind: "tcp", host: "127.0.0.1", port: 80 });
  expect(parseListen("unix:/m.sock", "linux")).toEqual({ kind: "unix", path: "/m.sock" });
});

test("the example of a tool is quoted for the shell that shows it", async () => {
  const tool = {
    name: "find",
    inputSchema: {
      required: ["filter", "text"],
      properties: {
        filter: { type: "object", required: ["a"], properties: { a: { type: "string", default: "x" } } },
        text: { type: "string", default: "red shoes" },
      },
    },
  };
  const shown = async (shell: "posix" | "cmd" | "powershell" | "pwsh") =>
    (await exampleCall("@svc", tool, shell))?.join(" ");
  expect(await shown("posix")).toBe(`m2mcp @svc tools-call find filter:='{"a":"x"}' text='red shoes'`);
  expect(await shown("cmd")).toBe(
    'm2mcp "@svc" tools-call find "filter:={\\"a\\":\\"x\\"}" "text=red shoes"',
  );
  expect(await shown("powershell")).toBe(
    `m2mcp "@svc" tools-call find 'filter:={\\"a\\":\\"x\\"}' "text=red shoes"`,
  );
  expect(await shown("pwsh")).toBe(`m2mcp "@svc" tools-call find 'filter:={"a":"x"}' "text=red shoes"`);
});
