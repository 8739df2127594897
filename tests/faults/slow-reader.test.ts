// A client that stops reading: what the server goes on sending must not pile up in the bridge.
import { describe, expect, test } from "bun:test";
import { inHome } from "../support/home.ts";
import { stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { call, INITIALIZE, INITIALIZED, lines, modern } from "../support/messages.ts";
import { memoryMb } from "../support/process.ts";
import { sleep } from "../support/waiting.ts";

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
