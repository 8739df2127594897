// What servers and networks do wrong, through `serve`: the bridge's own tests of it, with an HTTP client in the host's
// place. Left out is what only a host on stdin can do: end its input, write lines, cancel by a notification in 2026-07-28.
import { expect, test } from "bun:test";
import { join } from "node:path";

const FILES: Record<string, string[]> = {
  "answers-elsewhere": [],
  cookies: [],
  correlation: ["does not wait behind", "cancelled before the server said"],
  deadlines: ["takes too long in all is cancelled", "trickles for ever"],
  "event-names": [],
  "large-answers": [],
  "lost-sessions": [],
  network: [],
  outcomes: [],
  resending: [],
  resumption: [],
  serializers: [],
  "session-storms": [],
  // POSTs have no order among them, as lines have.
  sessions: ["a notification that meets a lost session"],
  "standalone-stream": ["a listen stream that ends at once"],
};

for (const [file, without] of Object.entries(FILES))
  test.concurrent(`${file}, over serve`, async () => {
    const only = without.length === 0 ? [] : ["-t", `^(?!.*(${without.join("|")}))`];
    const child = Bun.spawn(
      [process.execPath, "test", "--timeout", "60000", join(import.meta.dir, `${file}.test.ts`), ...only],
      { env: { ...process.env, M2MCP_TEST_OVER: "serve" }, stdout: "pipe", stderr: "pipe" },
    );
    const [stdout, stderr] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    const failed = `${stdout}${stderr}`.split("\n").filter((line) => line.startsWith("(fail)"));
    if (failed.length > 0) console.log(stderr);
    expect(failed).toEqual([]);
    expect(await child.exited).toBe(0);
  }, 400_000);
