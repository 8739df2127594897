// A client that stops reading: what the server goes on sending must not pile up in the bridge.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { inHome } from "../support/home.ts";
import { json, reply, stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { call, INITIALIZE, INITIALIZED, lines, modern } from "../support/messages.ts";
import { memoryMb, peakMb } from "../support/process.ts";
import { sleep, until } from "../support/waiting.ts";

describe("a client that stops reading makes memory stop growing, on", () => {
  const event = `data: {"jsonrpc":"2.0","method":"notifications/x","params":{"x":"${"y".repeat(60_000)}"}}\n\n`;
  for (const kind of ["a legacy POST stream", "the GET stream", "a modern stream"] as const)
    test.concurrent(
      kind,
      inHome(async (home) => {
        const flooded = kind === "the GET stream" ? "GET" : "POST";
        let sentMb = 0;
        const server = await startLegacyServer(({ http }, response) => {
          if (http !== flooded) return void response.writeHead(405).end();
          stream(response);
          const flood = () => {
            do sentMb += event.length / 1024 / 1024;
            while (response.write(event));
            response.once("drain", flood);
          };
          flood();
        });
        const { url } = home.owns(server);
        const isModern = kind === "a modern stream";
        const child = home.start(["bridge", url, ...(isModern ? ["--protocol", "2026-07-28"] : [])]);
        const said = flooded === "GET" ? [INITIALIZE, INITIALIZED] : [INITIALIZE, INITIALIZED, call(2)];
        child.stdin.write(lines(...(isModern ? [modern(call(2))] : said)));
        await new Promise<void>((resolve) => child.stdout.once("data", () => resolve()));
        child.stdout.pause();
        await sleep(1500);
        const before = memoryMb(child.pid);
        await sleep(2500);
        const after = memoryMb(child.pid);
        // Told to stop, it does not wait for such a reader for ever.
        const endedMs = performance.now();
        const exited = new Promise((resolve) => child.on("exit", resolve));
        child.kill("SIGTERM");
        await sleep(200);
        child.kill("SIGTERM");
        expect(await exited).toBe(0);
        expect(performance.now() - endedMs).toBeLessThan(5000);
        expect(after).toBeLessThan(before + 30);
        expect(sentMb).toBeGreaterThan(0.5);
      }),
      30_000,
    );
});

describe("many long answers at once do not pile up while the client does not read, as", () => {
  // One after the other: how much memory is kept is a matter of when the collector comes to it.
  for (const as of ["JSON", "events"] as const)
    test(
      as,
      inHome(async (home) => {
        const long = "x".repeat(2 * 1024 * 1024);
        const server = await startLegacyServer(({ http, id }, response) => {
          if (http !== "POST") return void response.writeHead(405).end();
          const answer = `{"jsonrpc":"2.0","id":${id},"result":{"text":"${long}"}}`;
          if (as === "JSON") json(response, answer);
          else stream(response).end(`data: ${answer}\n\n`);
        });
        const { url } = home.owns(server);
        const { child, say, answer, stop } = startBridge(home, [url]);
        say(INITIALIZE, INITIALIZED);
        await answer(1);
        child.stdout.pause();
        say(...Array.from({ length: 125 }, (_, n) => call(100 + n)));
        await sleep(3000);
        const whilePaused = peakMb(child.pid);
        child.stdout.resume();
        for (let n = 0; n < 125; n++) expect((await answer(100 + n)).result.text.length).toBe(long.length);
        console.log(
          `125 answers of 2 MB as ${as}: ${whilePaused.toFixed(0)} MB, ${peakMb(child.pid).toFixed(0)} in the end`,
        );
        // Half of what all of them take together; on a busy machine garbage lies longer.
        expect(whilePaused).toBeLessThan(520);
        expect(peakMb(child.pid)).toBeLessThan(800);
        await stop();
      }),
      60_000,
    );
});

test.skipIf(process.platform === "win32")(
  "a host that reads nothing of stderr, where much is told, has all its answers, and later all that was told",
  inHome(async (home) => {
    const server = home.owns(await startLegacyServer((asked) => reply(asked, { content: [] })));
    const child = home.start(["bridge", server.url, "--audit", "stderr", "--audit-arguments"]);
    child.stderr.pause();
    let answers = 0;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      answers += text.split("\n").length - 1;
    });
    // More than any socket takes.
    const calls = Array.from({ length: 400 }, (_, at) => call(at + 2, "x", { text: "y".repeat(6000) }));
    child.stdin.write(lines(INITIALIZE, INITIALIZED, ...calls));
    await until(() => answers === calls.length + 1);
    let told = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      told += text;
    });
    child.stderr.resume();
    child.stdin.end();
    await new Promise((resolve) => child.on("close", resolve));
    expect(told.split("\n").filter((line) => line.includes('"tools/call"'))).toHaveLength(calls.length);
  }),
);
