import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createServer, type Server } from "node:http";
import { gzipSync } from "node:zlib";
import { createHome, type Home } from "../support/home.ts";
import {
  json,
  result,
  type Script,
  type ScriptedServer,
  serveScript,
  stream,
} from "../support/mcp/scripted-legacy.ts";
import { listen } from "../support/net/listen.ts";
import {
  answers,
  answersTo,
  call,
  converse,
  INITIALIZE,
  INITIALIZED,
  lines,
  memoryMb,
} from "../support/pipe.ts";
import { sleep } from "../support/waiting.ts";

let home: Home;
let server: ScriptedServer | undefined;
beforeEach(() => {
  home = createHome();
});
afterEach(() => {
  home.remove();
  server?.stop();
  server = undefined;
});

async function serve(script: Script): Promise<string> {
  server = await serveScript(script);
  return server.url;
}

describe("streams", () => {
  test("with event ids are resumed where they broke, after the time the server named", async () => {
    const resumedAt: string[] = [];
    let brokeMs = 0;
    let resumedMs = 0;
    const url = await serve(({ id, http, lastEventId }, response) => {
      if (http === "GET" && !lastEventId) return void response.writeHead(405).end();
      response.writeHead(200, { "content-type": "text/event-stream" });
      if (http === "POST") {
        response.write(
          `id: e1\nretry: 300\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":{"n":${id}}}\n\n`,
        );
        brokeMs = performance.now();
        setTimeout(() => response.destroy(), 20);
      } else {
        resumedAt.push(lastEventId ?? "");
        resumedMs = performance.now();
        response.end(`id: e2\ndata: ${result(2)}\n\n`);
      }
    });
    const { stdout, code } = await home.run(["bridge", url], { input: lines(INITIALIZE, call(2)) });
    expect(code).toBe(0);
    expect(answers(stdout).at(-1)).toEqual({ jsonrpc: "2.0", id: 2, result: { text: "ok" } });
    expect(answers(stdout).filter(({ method }) => method)).toHaveLength(1);
    expect(resumedAt).toEqual(["e1"]);
    expect(resumedMs - brokeMs).toBeGreaterThan(290);
  });

  test("without event ids that break are an error at once", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(": hello\n\n");
      setTimeout(() => response.destroy(), 20);
    });
    const startedMs = performance.now();
    const { stdout } = await home.run(["bridge", url], { input: lines(INITIALIZE, call(2)) });
    expect(answers(stdout).at(-1)).toMatchObject({ id: 2, error: { data: { code: "stream_cut" } } });
    expect(performance.now() - startedMs).toBeLessThan(3000);
  });

  test("that come back by themselves carry what the server says unasked", async () => {
    let opened = 0;
    const url = await serve(({ http, id }, response) => {
      if (http === "POST")
        return void setTimeout(
          () => response.writeHead(200, { "content-type": "application/json" }).end(result(id)),
          900,
        );
      response.writeHead(200, { "content-type": "text/event-stream" });
      opened++;
      response.end(
        `retry: 50\ndata: {"jsonrpc":"2.0","method":"notifications/x","params":{"n":${opened}}}\n\n`,
      );
    });
    const { stdout } = await home.run(["bridge", url], { input: lines(INITIALIZE, INITIALIZED, call(2)) });
    const heard = answers(stdout).filter(({ method }) => method === "notifications/x");
    expect(heard.length).toBeGreaterThan(1);
    expect(heard.map(({ params }) => params.n)).toEqual(heard.map((_, at) => at + 1));
  });

  test("many bytes to an event, in pieces cut anywhere, arrive whole", async () => {
    const said = "ünï\u2028𝄞".repeat(200);
    const url = await serve(({ id }, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const bytes = Buffer.from(`event: message\r\ndata: ${result(id, said)}\r\n\r\n`);
      let at = 0;
      const next = () => {
        if (at >= bytes.length) return void response.end();
        response.write(bytes.subarray(at, at + 97));
        at += 97;
        setImmediate(next);
      };
      next();
    });
    const { stdout } = await home.run(["bridge", url], { input: lines(INITIALIZE, call(2)) });
    expect(answers(stdout).at(-1).result.text).toBe(said);
  });
});

describe("answers", () => {
  test("over several lines of JSON become one line", async () => {
    const url = await serve(({ id }, response) => {
      response.writeHead(200, { "content-type": "application/json; charset=utf-8" });
      response.end(JSON.stringify({ jsonrpc: "2.0", id, result: { a: [1, { b: "x\ny" }] } }, null, 2));
    });
    const { stdout } = await home.run(["bridge", url], { input: lines(INITIALIZE, call(2)) });
    expect(stdout.trim().split("\n")).toHaveLength(2);
    expect(answers(stdout).at(-1).result).toEqual({ a: [1, { b: "x\ny" }] });
  });

  test("that are compressed are read", async () => {
    const url = await serve(({ id }, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end(gzipSync(result(id)));
    });
    const { stdout } = await home.run(["bridge", url], { input: lines(INITIALIZE, call(2)) });
    expect(answers(stdout).at(-1).result).toEqual({ text: "ok" });
  });

  test("with numbers beyond a double and members unknown pass to the letter", async () => {
    const raw =
      '{"jsonrpc":"2.0","id":2,"result":{"n":12345678901234567890.123456789,"x-unknown":{"é":"\\u00e9"}},"extra":1e400}';
    const url = await serve(
      (_request, response) => void response.writeHead(200, { "content-type": "application/json" }).end(raw),
    );
    const { stdout } = await home.run(["bridge", url], { input: lines(INITIALIZE, call(2)) });
    expect(stdout.trim().split("\n").at(-1)).toBe(raw);
  });

  test("told to come later are waited for", async () => {
    let tries = 0;
    const url = await serve(({ id }, response) => {
      if (++tries < 3) response.writeHead(tries === 1 ? 429 : 503, { "retry-after": "0" }).end();
      else response.writeHead(200, { "content-type": "application/json" }).end(result(id));
    });
    const { stdout } = await home.run(["bridge", url], { input: lines(INITIALIZE, call(2)) });
    expect(answers(stdout).at(-1).result).toEqual({ text: "ok" });
  });

  test("that redirect elsewhere are refused, within the origin followed", async () => {
    let port = 0;
    const elsewhere: string[] = [];
    const other = createServer((request, response) => {
      elsewhere.push(String(request.headers.authorization));
      response.end();
    });
    const otherPort = await listen(other);
    const redirecting: Server = createServer((request, response) => {
      if (request.url === "/mcp")
        response.writeHead(307, { location: `http://127.0.0.1:${port}/mcp/` }).end();
      else response.writeHead(308, { location: `http://127.0.0.1:${otherPort}/mcp` }).end();
    });
    port = await listen(redirecting);
    const { stdout } = await home.run(
      ["bridge", `http://127.0.0.1:${port}/mcp`, "--header", "Authorization: Bearer secret-token"],
      { input: lines(INITIALIZE) },
    );
    for (const each of [other, redirecting]) each.close();
    expect(answers(stdout)).toMatchObject([{ id: 1, error: { data: { code: "redirect" } } }]);
    expect(stdout).not.toContain("secret-token");
    expect(elsewhere).toEqual([]);
  });
});

describe("a stream with event ids", () => {
  /** Answers a POST with one event, then breaks; what comes of the resumption is up to the test. */
  const breaking = (resume: Script, retry = "retry: 10\n"): Script => {
    return (asked, response, request) => {
      if (asked.http === "GET" && asked.lastEventId === undefined) return void response.writeHead(405).end();
      if (asked.http === "GET") return resume(asked, response, request);
      stream(response).write(`id: e1\n${retry}data: {"jsonrpc":"2.0","method":"notifications/x"}\n\n`);
      setTimeout(() => response.destroy(), 10);
    };
  };

  for (const status of [400, 404, 405])
    test(`whose resumption is refused with ${status} is an error at once`, async () => {
      const url = await serve(breaking((_asked, response) => void response.writeHead(status).end()));
      const startedMs = performance.now();
      const { stdout } = await home.run(["bridge", url], { input: lines(INITIALIZE, call(2)) });
      expect(answersTo(stdout, 2)).toHaveLength(1);
      expect(answersTo(stdout, 2)[0].error.data.code).toBe(status === 404 ? "session_lost" : "stream_cut");
      expect(performance.now() - startedMs).toBeLessThan(5000);
    });

  test("is resumed again where a gateway says that the server is away", async () => {
    let tries = 0;
    const url = await serve(
      breaking((_asked, response) => {
        if (++tries < 3) response.writeHead(502).end("<html>bad gateway");
        else void stream(response).end(`id: e2\ndata: ${result(2)}\n\n`);
      }),
    );
    const { stdout } = await home.run(["bridge", url], { input: lines(INITIALIZE, call(2)) });
    expect(answersTo(stdout, 2)[0].result.text).toBe("ok");
    expect(tries).toBe(3);
  });

  test("that brings nothing new is given up in time, with no hot loop", async () => {
    let resumed = 0;
    const url = await serve(
      breaking((_asked, response) => {
        resumed++;
        stream(response).end();
      }, "retry: 0\n"),
    );
    const { stdout } = await home.run(["bridge", url, "--timeout", "2"], {
      input: lines(INITIALIZE, call(2)),
    });
    expect(answersTo(stdout, 2)[0].error.data.code).toBe("stream_cut");
    // 0.1 s, 0.2 s, 0.4 s, 0.8 s, each a quarter more or less.
    expect(resumed).toBeGreaterThan(2);
    expect(resumed).toBeLessThan(8);
  });

  test("whose server wants to be left alone for longer than the request may take is an error at once", async () => {
    const url = await serve(breaking(() => {}, "retry: 3600000\n"));
    const startedMs = performance.now();
    const { stdout } = await home.run(["bridge", url, "--timeout", "20"], {
      input: lines(INITIALIZE, call(2)),
    });
    expect(answersTo(stdout, 2)[0].error.data.code).toBe("stream_cut");
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });
});

describe("the GET stream", () => {
  /** What the server sees of the stream, while a client waits. */
  const watch = async (script: Script, forMs: number, args: string[] = []) => {
    const url = await serve(script);
    const child = home.start(["bridge", url, ...args]);
    const { say, hear, heard } = converse(child);
    say(INITIALIZE, INITIALIZED);
    await hear(({ id }) => id === 1);
    await sleep(forMs);
    say(call(2));
    await hear(({ id }) => id === 2);
    child.kill("SIGKILL");
    return { heard, gets: server?.seen.filter(({ http }) => http === "GET") ?? [] };
  };
  const orElse =
    (get: Script): Script =>
    (asked, response, request) =>
      asked.http === "GET" ? get(asked, response, request) : json(response, result(asked.id));

  test("that ends at once each time is asked for ever less often", async () => {
    const { gets } = await watch(
      orElse((_asked, response) => void stream(response).end()),
      5000,
    );
    // At 0 s, 1 s and 3 s, each wait a quarter more or less.
    expect(gets.length).toBeGreaterThan(1);
    expect(gets.length).toBeLessThan(6);
  }, 20_000);

  test("is no hot loop where the server says retry: 0", async () => {
    const { gets } = await watch(
      orElse((_asked, response) => void stream(response).end("retry: 0\n\n")),
      2000,
    );
    expect(gets.length).toBeGreaterThan(2);
    expect(gets.length).toBeLessThan(9);
  }, 20_000);

  test("goes on after its last event, and after the time that the server named", async () => {
    const times: number[] = [];
    const { gets, heard } = await watch(
      orElse((_asked, response) => {
        times.push(performance.now());
        stream(response).end(
          `id: g${times.length}\nretry: 500\ndata: {"jsonrpc":"2.0","method":"notifications/x"}\n\n`,
        );
      }),
      2500,
    );
    expect(gets.slice(0, 3).map(({ lastEventId }) => lastEventId)).toEqual([undefined, "g1", "g2"]);
    const [first = 0, second = 0, third = 0] = times;
    expect(second - first).toBeGreaterThan(490);
    expect(third - second).toBeGreaterThan(490);
    expect(heard.filter(({ method }) => method === "notifications/x").length).toBeGreaterThan(2);
  }, 20_000);

  test("starts anew where its last event is not known any more", async () => {
    let opened = 0;
    const { gets } = await watch(
      orElse(({ lastEventId }, response) => {
        if (lastEventId !== undefined) return void response.writeHead(400).end();
        if (++opened === 1) stream(response).end("id: g1\nretry: 50\ndata:\n\n");
        else stream(response).write(": open\n\n");
      }),
      2000,
    );
    expect(gets.map(({ lastEventId }) => lastEventId)).toEqual([undefined, "g1", undefined]);
  }, 20_000);

  test("that is silent for too long is made anew, and a server that still holds the old one is asked again", async () => {
    let held = false;
    const { gets } = await watch(
      orElse((_asked, response) => {
        if (held) {
          held = false;
          response.writeHead(409).end();
        } else {
          stream(response).flushHeaders();
          held = true;
        }
      }),
      5000,
      ["--timeout", "1"],
    );
    expect(gets.length).toBeGreaterThan(2);
    expect(gets.length).toBeLessThan(8);
  }, 20_000);

  test("that the server does not offer is not asked for again", async () => {
    const { gets } = await watch(
      orElse((_asked, response) => void response.writeHead(405).end()),
      1500,
    );
    expect(gets).toHaveLength(1);
  }, 20_000);
});

test("a listen stream that ends at once each time is asked for ever less often", async () => {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "pipe", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const url = await serve(({ id, method }, response) => {
    if (method !== "subscriptions/listen") return json(response, result(id));
    const acknowledged = {
      jsonrpc: "2.0",
      method: "notifications/subscriptions/acknowledged",
      params: { notifications: {}, _meta: { "io.modelcontextprotocol/subscriptionId": id } },
    };
    stream(response).end(`data: ${JSON.stringify(acknowledged)}\n\n`);
  });
  const child = home.start(["bridge", url, "--protocol", "2026-07-28"]);
  const { say, hear, heard } = converse(child);
  say({ jsonrpc: "2.0", id: "l", method: "subscriptions/listen", params: { notifications: {}, _meta } });
  await hear(({ method }) => method === "notifications/subscriptions/acknowledged");
  await sleep(5000);
  expect(server?.count("subscriptions/listen")).toBeGreaterThan(1);
  expect(server?.count("subscriptions/listen")).toBeLessThan(6);
  expect(heard).toHaveLength(1);
  child.stdin.end();
  expect((await hear(({ id }) => id === "l")).result.resultType).toBe("complete");
}, 20_000);

describe("a client that stops reading makes memory stop growing, on", () => {
  const event = `data: {"jsonrpc":"2.0","method":"notifications/x","params":{"x":"${"y".repeat(60_000)}"}}\n\n`;
  for (const kind of ["a legacy POST stream", "the GET stream", "a modern stream"] as const)
    test(kind, async () => {
      const flooded = kind === "the GET stream" ? "GET" : "POST";
      let sentMb = 0;
      const url = await serve(({ http }, response) => {
        if (http !== flooded) return void response.writeHead(405).end();
        stream(response);
        const flood = () => {
          do sentMb += event.length / 1024 / 1024;
          while (response.write(event));
          response.once("drain", flood);
        };
        flood();
      });
      const modern = kind === "a modern stream";
      const child = home.start(["bridge", url, ...(modern ? ["--protocol", "2026-07-28"] : [])]);
      const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
      child.stdin.write(
        modern
          ? lines({ ...call(2), params: { name: "x", _meta } })
          : lines(INITIALIZE, INITIALIZED, ...(flooded === "GET" ? [] : [call(2)])),
      );
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
    }, 30_000);
});
