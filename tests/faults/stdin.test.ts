// What a client can write into the bridge, and what it reads then.
import { beforeEach, describe, expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { json, result, type Script, type Scripted } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { answers, answersTo, call, cancelled, INITIALIZE, lines, notification } from "../support/messages.ts";
import { memoryMb, peakMb } from "../support/process.ts";
import { sleep } from "../support/waiting.ts";

const home = homeForEachTest();
let server: Scripted;
beforeEach(async () => {
  const script: Script = ({ id, params: { arguments: { text = "ok", ms = 0 } = {} } = {} }, response) =>
    setTimeout(() => json(response, result(id, text)), ms);
  server = home.owns(await startLegacyServer(script));
});

const run = (input: string) => home.run(["bridge", server.url], { input });
const says = (id: unknown, text: string) => call(id, "x", { text });
const initialize = JSON.stringify(INITIALIZE);

describe("lines", () => {
  test("end with LF, CRLF or the input; a BOM and empty lines are passed over", async () => {
    const { stdout, code } = await run(
      `\ufeff${initialize}\r\n\r\n\n  \n${JSON.stringify(call(2))}\r\n${JSON.stringify(call(3))}`,
    );
    expect(code).toBe(0);
    expect(
      answers(stdout)
        .map(({ id }) => id)
        .sort(),
    ).toEqual([1, 2, 3]);
    expect(answers(stdout).every(({ error }) => error === undefined)).toBe(true);
  });

  test("arrive whole, however they are cut", async () => {
    const text = "ünï\u2028𝄞\\n";
    const bytes = Buffer.from(lines(INITIALIZE, says(2, text)));
    const { child, answer } = startBridge(home, [server.url]);
    for (const byte of bytes) {
      child.stdin.write(Buffer.from([byte]));
      // A write of its own for each byte, so that they are read one by one.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await answer(2)).result.text).toBe(text);
  }, 30_000);

  test("with invalid UTF-8 are read, each wrong byte as a sign of its own", async () => {
    const [start = "", rest = ""] = JSON.stringify(says(2, "<>")).split("<>");
    const { child, answer } = startBridge(home, [server.url]);
    child.stdin.write(
      Buffer.concat([Buffer.from(`${initialize}\n${start}`), Buffer.from([0xff]), Buffer.from(`${rest}\n`)]),
    );
    expect((await answer(2)).result.text).toBe("\ufffd");
  });

  test("of 64 MB pass, request and response", async () => {
    const text = "0123456789abcdef".repeat(4 * 1024 * 1024);
    const child = home.start(["bridge", server.url]);
    let size = 0;
    let tail = "";
    const answered = new Promise<void>((resolve) =>
      child.stdout.on("data", (chunk: Buffer) => {
        size += chunk.length;
        tail = (tail + chunk.subarray(-40).toString("latin1")).slice(-40);
        if (size > text.length && tail.endsWith("\n")) resolve();
      }),
    );
    child.stdin.write(lines(INITIALIZE));
    const startedMs = performance.now();
    child.stdin.write(lines(says(2, text)));
    await answered;
    const tookMs = performance.now() - startedMs;
    console.log(
      `64 MB there and back: ${(tookMs / 1000).toFixed(1)} s, peak ${peakMb(child.pid).toFixed(0)} MB`,
    );
    expect(tail.trim()).toEndWith('"}}');
    expect(size).toBeGreaterThan(text.length);
    expect(tookMs).toBeLessThan(30_000);
    child.stdin.end();
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
  }, 60_000);
});

describe("junk", () => {
  test("is answered with the error of JSON-RPC and id null, and the bridge lives on", async () => {
    const { stdout } = await run(
      lines(INITIALIZE, "nonsense", '{"jsonrpc":"2.0","id":7', "7", "null", '"text"', "{}", call(2)),
    );
    const errors = answers(stdout).filter(({ error }) => error);
    expect(errors.map(({ id, error }) => [id, error.code])).toEqual([
      [null, -32700],
      [null, -32700],
      [null, -32600],
      [null, -32600],
      [null, -32600],
      [null, -32600],
    ]);
    expect(answersTo(stdout, 2)[0].result.text).toBe("ok");
  });

  test("that never ends does not fill the memory of a bridge whose client reads nothing", async () => {
    const child = home.start(["bridge", server.url]);
    child.stdin.on("error", () => {});
    const junk = "y\n".repeat(32 * 1024);
    let waiting = false;
    const timer = setInterval(() => {
      while (!waiting && child.stdin.write(junk));
      if (waiting) return;
      waiting = true;
      child.stdin.once("drain", () => {
        waiting = false;
      });
    }, 1);
    await sleep(1500);
    const before = memoryMb(child.pid);
    await sleep(2000);
    const after = memoryMb(child.pid);
    clearInterval(timer);

    expect(after).toBeLessThan(before + 20);
    expect(after).toBeLessThan(200);
  }, 20_000);
});

describe("ids", () => {
  for (const id of [0, -1, 1.5, 9007199254740991, "", "a b", "0", "ünï\u2028"])
    test(`${JSON.stringify(id)} comes back as it is`, async () => {
      const { stdout } = await run(lines({ ...INITIALIZE, id: "first" }, call(id)));
      expect(answersTo(stdout, id)).toEqual([{ jsonrpc: "2.0", id, result: { text: "ok" } }]);
    });

  for (const id of [null, true, {}, [1]])
    test(`${JSON.stringify(id)} is none`, async () => {
      const { stdout } = await run(lines(INITIALIZE, call(id)));
      expect(answers(stdout).filter(({ error }) => error)).toMatchObject([
        { id: null, error: { code: -32600 } },
      ]);
      expect(server.count("tools/call")).toBe(0);
    });

  test("in use belong to the request that came first", async () => {
    const slow = call(2, "x", { ms: 300, text: "first" });
    const { stdout } = await run(lines(INITIALIZE, slow, says(2, "second")));
    expect(answersTo(stdout, 2).map(({ result }) => result?.text)).toEqual(["first"]);
    expect(answersTo(stdout, null)).toMatchObject([{ error: { code: -32600 } }]);
    expect(server.count("tools/call")).toBe(1);
  });

  test("may be used again once answered", async () => {
    const { say, hear } = startBridge(home, [server.url]);
    say(INITIALIZE, says(2, "first"));
    await hear(({ result }) => result?.text === "first");
    say(says(2, "second"));
    await hear(({ id, result }) => id === 2 && result?.text === "second");
  });
});

describe("a batch (2025-03-26)", () => {
  test("is answered by one array, once all its requests are answered", async () => {
    const slow = call(2, "x", { ms: 300 });
    const { stdout } = await run(
      lines(INITIALIZE, [slow, call("3"), notification("notifications/x"), 7, call(4)], call(5)),
    );
    const arrays = answers(stdout).filter(Array.isArray);
    expect(arrays).toHaveLength(1);
    expect(arrays[0]?.map(({ id }: { id: unknown }) => String(id)).sort()).toEqual(["2", "3", "4", "null"]);
    expect(answersTo(stdout, 5)).toHaveLength(1);
    expect(server.count("notifications/x")).toBe(1);
  });

  test("without requests is not answered", async () => {
    const { stdout } = await run(lines(INITIALIZE, [notification("notifications/x")]));
    expect(answers(stdout)).toHaveLength(1);
  });

  test("that is empty is answered by one error; one of junk alone by an array of errors", async () => {
    const { stdout } = await run(lines(INITIALIZE, "[]", "[ ]", "[1,2]", "[1,"));
    expect(answers(stdout).filter((message) => Array.isArray(message) || message.error)).toMatchObject([
      { id: null, error: { code: -32600 } },
      { id: null, error: { code: -32600 } },
      [
        { id: null, error: { code: -32600 } },
        { id: null, error: { code: -32600 } },
      ],
      { id: null, error: { code: -32700 } },
    ]);
  });

  test("does not wait for what was cancelled", async () => {
    const slow = call(2, "x", { ms: 20_000 });
    const { say, hear, answer } = startBridge(home, [server.url]);
    say(INITIALIZE);
    await answer(1);
    say([slow, call(3)]);
    await sleep(200);
    say(cancelled(2));
    expect(await hear(Array.isArray)).toMatchObject([{ id: 3, result: { text: "ok" } }]);
  });

  test("whose input ends is answered in time", async () => {
    const { stdout } = await home.run(["bridge", server.url, "--timeout", "1"], {
      input: lines(INITIALIZE, [call(2, "x", { ms: 20_000 }), call(3)]),
    });
    const [array] = answers(stdout).filter(Array.isArray);
    expect(array).toHaveLength(2);
    expect(array?.[1].error.data.code).toBe("timeout");
  });
});
