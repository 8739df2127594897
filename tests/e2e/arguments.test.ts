// Arguments as shells and programs hand them on: loops keep their stdin, calls that lack their arguments take it.
import { describe, expect, test } from "bun:test";
import { BINARY, collect, createHome, type Home, inHome } from "../support/home.ts";
import { reply, type Scripted, says } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";

const tool = (name: string, ...required: string[]) => ({
  name,
  inputSchema: { type: "object", properties: { text: { type: "string" }, n: { type: "integer" } }, required },
});
const tools = [tool("one"), tool("two"), tool("three"), tool("echo", "text")];

async function startServer(home: Home): Promise<Scripted> {
  return home.owns(
    await startLegacyServer((asked) => reply(asked, asked.method === "tools/list" ? { tools } : says("hi"))),
  );
}
const calls = (server: Scripted) =>
  server.seen.filter(({ method }) => method === "tools/call").map(({ params }) => params);

/** A script of the shell, in which `$CALL` calls a tool. */
async function shell(home: Home, server: Scripted, script: string): Promise<void> {
  const sh = createHome(["/bin/sh"]);
  const env = { ...home.env, CALL: `${BINARY} ${server.url} tools-call` };
  await sh.run(["-c", script], { env, cwd: home.folder });
  await sh.remove();
}

describe("a shell's loop runs for each line", () => {
  for (const [what, script] of [
    ["of a file", 'printf "one\\ntwo\\nthree\\n" > list; while read tool; do $CALL "$tool"; done < list'],
    ["of a pipe", 'printf "one\\ntwo\\nthree\\n" | while read tool; do $CALL "$tool"; done'],
    [
      "of a pipe, with arguments",
      'printf "one\\ntwo\\nthree\\n" | while read tool; do $CALL "$tool" n=1; done',
    ],
  ] as const)
    test.concurrent(
      what,
      inHome(async (home) => {
        const server = await startServer(home);
        await shell(home, server, script);
        expect(calls(server).map(({ name }) => name)).toEqual(["one", "two", "three"]);
      }),
      30_000,
    );

  test.skipIf(process.platform !== "linux")(
    "of a file, though the tool lacks what it must have",
    inHome(async (home) => {
      const server = await startServer(home);
      await shell(
        home,
        server,
        'printf "echo\\nechoes\\none\\n" > list; while read tool; do $CALL $tool; done < list',
      );
      expect(calls(server).map(({ name }) => name)).toEqual(["one"]);
    }),
    30_000,
  );
});

describe("a call that lacks its arguments takes them from stdin", () => {
  for (const [what, script] of [
    ["of a pipe", `echo '{"text":"a","n":2}' | $CALL echo`],
    ["of a file", `echo '{"text":"a","n":2}' > args; $CALL echo < args`],
    ["where - asks for it", `echo '{"text":"a"}' | $CALL echo - n=2`],
    ["in part", "printf a | $CALL echo text=@- n=2"],
  ] as const)
    test.concurrent(
      what,
      inHome(async (home) => {
        const server = await startServer(home);
        await shell(home, server, script);
        expect(calls(server)).toMatchObject([{ name: "echo", arguments: { text: "a", n: 2 } }]);
      }),
      30_000,
    );

  test(
    "and does not wait for ever for a program that keeps it open",
    inHome(async (home) => {
      const server = await startServer(home);
      const { code, stderr } = await collect(home.start([server.url, "tools-call", "echo"]));
      expect([code, stderr]).toEqual([1, expect.stringContaining("text is missing (string)")]);
    }),
    30_000,
  );
});
