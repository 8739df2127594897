// The table of outcomes: what a server or the network can do to one request, and what its client reads then.
// Every row: the request is answered once, and the next request to the same bridge is answered as ever.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createServer as createTlsServer } from "node:tls";
import { gzipSync } from "node:zlib";
import { createHome, type Home } from "../support/home.ts";
import {
  json,
  result,
  type Script,
  type ScriptedServer,
  serveScript,
  serveTcp,
  stream,
} from "../support/mcp/scripted-legacy.ts";
import {
  answersTo,
  call,
  converse,
  INITIALIZE,
  INITIALIZED,
  lines,
  modern,
  peakMb,
} from "../support/pipe.ts";
import { sleep, until } from "../support/waiting.ts";

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

const sse = (...texts: string[]) => texts.map((text) => `data: ${text}\n\n`).join("");
/** Writes again and again, until the peer is gone. */
function every(ms: number, response: { destroyed: boolean }, say: () => void): void {
  const timer = setInterval(() => (response.destroyed ? clearInterval(timer) : say()), ms);
}

const discovered = (id: unknown) =>
  JSON.stringify({
    jsonrpc: "2.0",
    id,
    result: { resultType: "complete", supportedVersions: ["2026-07-28"], capabilities: {} },
  });

type Row = [behaviour: string, outcome: string, answer: Script];

/** `outcome` is the error's `data.code`, or `answered`. A silence of 3 s is too long here, and 18 s in all. */
const ROWS: Row[] = [
  ["takes the request and never answers", "timeout", () => {}],
  [
    "goes silent in the middle of a body",
    "timeout",
    (_asked, response) =>
      void response.writeHead(200, { "content-type": "application/json" }).write('{"json'),
  ],
  [
    "sends comments for ever and never answers",
    "timeout",
    (_asked, response) => every(100, response, () => keepSaying(response, ": still here\n\n")),
  ],
  [
    "sends progress for ever and never answers",
    "timeout",
    (_asked, response) =>
      every(50, response, () =>
        keepSaying(
          response,
          sse('{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}}'),
        ),
      ),
  ],
  ["closes the connection before it answers", "stream_cut", (_asked, response) => response.destroy()],
  [
    "breaks off within the JSON",
    "stream_cut",
    (_asked, response) => {
      response
        .writeHead(200, { "content-type": "application/json", "content-length": "100" })
        .write('{"json');
      setTimeout(() => response.destroy(), 20);
    },
  ],
  [
    "breaks off within an event",
    "stream_cut",
    ({ id }, response) => {
      stream(response).write(`data: ${result(id)}`);
      setTimeout(() => response.destroy(), 20);
    },
  ],
  [
    "ends the stream without an answer",
    "stream_cut",
    (_asked, response) => void stream(response).end(": bye\n\n"),
  ],
  [
    "is a captive portal's page",
    "content_type",
    (_asked, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<html>sign in"),
  ],
  [
    "is a captive portal that redirects to its sign-in page",
    "redirect",
    (_asked, response) => void response.writeHead(302, { location: "http://portal.invalid/login" }).end(),
  ],
  [
    "answers with plain text",
    "content_type",
    ({ id }, response) => void response.writeHead(200, { "content-type": "text/plain" }).end(result(id)),
  ],
  [
    "answers without a content type",
    "content_type",
    ({ id }, response) => void response.writeHead(200).end(result(id)),
  ],
  ["answers with an empty 200", "content_type", (_asked, response) => void response.writeHead(200).end()],
  ["answers with empty JSON", "invalid_answer", (_asked, response) => json(response, "")],
  ["answers 202 to a request", "content_type", (_asked, response) => void response.writeHead(202).end()],
  ["answers 204 to a request", "content_type", (_asked, response) => void response.writeHead(204).end()],
  ["answers with a 500", "http_status", (_asked, response) => void response.writeHead(500).end("broken")],
  ["answers 429 and names no time", "http_status", (_asked, response) => void response.writeHead(429).end()],
  ["answers 503 and names no time", "http_status", (_asked, response) => void response.writeHead(503).end()],
  [
    "asks to wait longer than the request may take",
    "retry_later",
    (_asked, response) => void response.writeHead(503, { "retry-after": "3600" }).end(),
  ],
  [
    "asks to come again at once, for ever",
    "retry_later",
    (_asked, response) => void response.writeHead(429, { "retry-after": "0" }).end(),
  ],
  [
    "compresses its answer",
    "answered",
    ({ id }, response) =>
      void response
        .writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" })
        .end(gzipSync(result(id))),
  ],
  [
    "compresses its stream",
    "answered",
    ({ id }, response) =>
      void response
        .writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" })
        .end(gzipSync(sse(result(id)))),
  ],
  [
    "damages its compression",
    "invalid_answer",
    ({ id }, response) => {
      const bytes = gzipSync(result(id));
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end(Buffer.concat([bytes.subarray(0, 12), Buffer.from("zzzzzz"), bytes.subarray(18)]));
    },
  ],
  [
    "says gzip of what is none",
    "invalid_answer",
    ({ id }, response) =>
      void response
        .writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" })
        .end(result(id)),
  ],
  ["sends junk as JSON", "invalid_answer", (_asked, response) => json(response, "{nope")],
  ["answers nobody, in JSON", "stream_cut", (_asked, response) => json(response, result("nobody"))],
  [
    "answers nobody, then the request",
    "answered",
    ({ id }, response) => void stream(response).end(sse(result("nobody"), result(id))),
  ],
  [
    "answers twice",
    "answered",
    ({ id }, response) => void stream(response).end(sse(result(id), result(id, "again"))),
  ],
  [
    "answers, and leaves the stream open",
    "answered",
    ({ id }, response) => {
      stream(response).write(sse(result(id)));
      every(100, response, () => response.write(": more\n\n"));
    },
  ],
  ["answers with the id as a string", "answered", ({ id }, response) => json(response, result(String(id)))],
  [
    "answers with an error that names no request",
    "-32603",
    (_asked, response) =>
      json(response, '{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"oh"}}'),
  ],
  [
    "sends an answer with neither result nor error, as JSON",
    "invalid_answer",
    ({ id }, response) => json(response, `{"jsonrpc":"2.0","id":${id}}`),
  ],
  [
    "sends an answer whose error is none, and leaves the stream open",
    "invalid_answer",
    ({ id }, response) => {
      stream(response).write(sse(`{"jsonrpc":"2.0","id":${id},"error":"bad"}`));
      every(100, response, () => response.write(": more\n\n"));
    },
  ],
  [
    "sends broken events, then the answer",
    "answered",
    ({ id }, response) => void stream(response).end(sse("{nope", "[]", "7", result(id))),
  ],
  [
    "answers with a batch",
    "answered",
    ({ id }, response) =>
      json(response, `[{"jsonrpc":"2.0","method":"notifications/x"},${result(id)},${result("nobody")}]`),
  ],
  [
    "answers in invalid UTF-8",
    "answered",
    ({ id }, response) => {
      const [start = "", end = ""] = result(id, "<>").split("<>");
      response.writeHead(200, { "content-type": "application/json" });
      response.end(Buffer.concat([Buffer.from(start), Buffer.from([0xff, 0xc3, 0x28]), Buffer.from(end)]));
    },
  ],
];

function keepSaying(response: Parameters<Script>[1], text: string): void {
  if (!response.headersSent) stream(response);
  response.write(text);
}

const ERAS = {
  legacy: { args: [], first: [INITIALIZE], said: (message: object) => message },
  modern: { args: ["--protocol", "2026-07-28"], first: [], said: modern },
  // A client of the older era, whose requests are translated.
  translated: { args: ["--protocol", "2026-07-28"], first: [INITIALIZE], said: (message: object) => message },
};

for (const [era, { args, first, said }] of Object.entries(ERAS))
  describe(`${era}: a server that`, () => {
    // Each row waits at most for its own time limits, so they can all wait together.
    for (const [behaviour, outcome, answer] of ROWS)
      test.concurrent(`${behaviour}: ${outcome}`, async () => {
        const own = createHome();
        const waits = outcome === "timeout" || outcome === "retry_later";
        const scripted = await serveScript((asked, response, request) => {
          if (asked.method === "server/discover") return json(response, discovered(asked.id));
          if (asked.params?.name === "bad") return answer(asked, response, request);
          json(response, result(asked.id));
        });
        const child = own.start(["bridge", scripted.url, "--timeout", waits ? "3" : "30", ...args]);
        const { say, hear, heard } = converse(child);
        say(...first, said(call(2, "bad")));
        const answered = await hear(({ id }) => id === 2, 45_000);
        if (outcome === "answered") expect(answered.result.text).toMatch(/^ok$|^\ufffd+\(?$/);
        else expect(String(answered.error.data?.code ?? answered.error.code)).toBe(outcome);
        say(said(call(3, "good")));
        await hear(({ id, result }) => id === 3 && result?.text === "ok");
        const ended = new Promise((resolve) => child.on("close", resolve));
        child.stdin.end();
        expect(await ended).toBe(0);
        expect(heard.map(({ id }) => id).filter((id) => id !== undefined)).toEqual([
          ...first.map(({ id }) => id),
          2,
          3,
        ]);
        // Nothing here may be called twice, but where the server said that it had not been carried out.
        if (outcome !== "retry_later") expect(scripted.count("tools/call")).toBe(2);
        scripted.stop();
        own.remove();
      }, 60_000);
  });

test("a request that takes too long in all is cancelled at the server", async () => {
  server = await serveScript((_asked, response) => {
    every(100, response, () => keepSaying(response, ": still here\n\n"));
  });
  const child = home.start(["bridge", server.url, "--timeout", "0.3"]);
  const { say, hear } = converse(child);
  const startedMs = performance.now();
  say(INITIALIZE, call(2));
  const { error } = await hear(({ id }) => id === 2);
  expect(performance.now() - startedMs).toBeGreaterThan(1750);
  expect(error.message).toContain("1.8 s");
  child.stdin.end();
  await new Promise((resolve) => child.on("close", resolve));
  expect(server.seen.find(({ method }) => method === "notifications/cancelled")?.params.requestId).toBe(2);
}, 30_000);

describe("a first handshake that trickles for ever fails what waits behind it too, and the next one goes on:", () => {
  for (const era of ["legacy", "modern"] as const)
    test(era, async () => {
      const opens = era === "legacy" ? "initialize" : "server/discover";
      let tries = 0;
      server = await serveScript(({ id }, response) => json(response, result(id)), {
        before: ({ id, method }, response) => {
          if (method !== opens) return false;
          if (++tries > 1) {
            if (era === "legacy") return false;
            json(response, discovered(id));
          } else every(100, response, () => keepSaying(response, ": still here\n\n"));
          return true;
        },
      });
      const args = era === "modern" ? ["--protocol", "2026-07-28"] : [];
      const child = home.start(["bridge", server.url, "--timeout", "0.5", ...args]);
      const { say, hear } = converse(child);
      say(INITIALIZE, INITIALIZED, call(2));
      for (const id of [1, 2])
        expect((await hear((message) => message.id === id)).error.data.code).toBe("timeout");
      expect(tries).toBe(1);
      say({ ...INITIALIZE, id: "again" });
      expect((await hear(({ id }) => id === "again")).result.serverInfo).toBeDefined();
      say(INITIALIZED, call(3));
      expect((await hear(({ id }) => id === 3)).result.text).toBe("ok");
      child.stdin.end();
      expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
    }, 30_000);
});

for (const args of [["ping"], ["tools-list"], ["show"]])
  test(`a one-off ${args[0]} that takes too long in all fails`, async () => {
    server = await serveScript((_asked, response) =>
      every(100, response, () => keepSaying(response, ": still here\n\n")),
    );
    const startedMs = performance.now();
    const { code, stderr } = await home.run([...args, server.url, "--timeout", "0.3"]);
    expect(code).toBe(3);
    expect(stderr).toContain("kept the request open for 1.8 s without answering it");
    expect(performance.now() - startedMs).toBeLessThan(20_000);
  }, 30_000);

test("an answer to a request of another stream answers that request, and its own stream is let go", async () => {
  let first: Parameters<Script>[1] | undefined;
  server = await serveScript(({ id }, response) => {
    if (id === 2) {
      first = stream(response);
      first.write(": wait\n\n");
    } else void stream(response).end(sse(result(2, "two"), result(id, "three")));
  });
  const child = home.start(["bridge", server.url]);
  const { say, hear, heard } = converse(child);
  say(INITIALIZE, call(2));
  await hear(({ id }) => id === 1);
  while (!first) await sleep(10);
  say(call(3));
  expect((await hear(({ id }) => id === 2)).result.text).toBe("two");
  expect((await hear(({ id }) => id === 3)).result.text).toBe("three");
  await new Promise((resolve) => first?.on("close", resolve));
  child.kill("SIGKILL");
  expect(heard).toHaveLength(3);
}, 20_000);

test("a ping does not wait behind calls that take every place", async () => {
  server = await serveScript(({ id, method }, response) => {
    if (method === "ping") json(response, result(id));
    else stream(response).write(": wait\n\n");
  });
  const child = home.start(["bridge", server.url]);
  const { say, hear } = converse(child);
  say(INITIALIZE, INITIALIZED, ...Array.from({ length: 300 }, (_, at) => call(`call ${at}`)));
  await until(() => (server?.count("tools/call") ?? 0) >= 192);
  const ids = Array.from({ length: 20 }, (_, at) => `ping ${at}`);
  say(...ids.map((id) => ({ jsonrpc: "2.0", id, method: "ping" })));
  for (const wanted of ids) expect((await hear(({ id }) => id === wanted)).result.text).toBe("ok");
  expect(server.count("tools/call")).toBe(192);
  child.kill("SIGKILL");
}, 30_000);

test("ids that differ in their type alone are two requests", async () => {
  server = await serveScript(({ id }, response) => json(response, result(id, typeof id)));
  const { stdout } = await home.run(["bridge", server.url], { input: lines(INITIALIZE, call(2), call("2")) });
  expect(answersTo(stdout, 2)[0].result.text).toBe("number");
  expect(answersTo(stdout, "2")[0].result.text).toBe("string");
});

describe("a network where", () => {
  const rows: [what: string, url: () => Promise<{ url: string; stop(): void }>, outcome: string][] = [
    [
      "the name is unknown",
      async () => ({ url: "https://server.invalid/mcp", stop: () => {} }),
      "connection_failed",
    ],
    ["the peer accepts and says nothing", () => serveTcp((socket) => socket.pause()), "timeout"],
    ["the peer reads and says nothing", () => serveTcp((socket) => socket.resume()), "timeout"],
    [
      "the peer vanishes within the headers",
      () => serveTcp((socket) => socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-t"))),
      "timeout",
    ],
    ["the peer closes at once", () => serveTcp((socket) => socket.destroy()), "stream_cut"],
    [
      "the peer speaks no HTTP",
      () => serveTcp((socket) => socket.end("SSH-2.0-OpenSSH_9.0\r\n")),
      "connection_failed",
    ],
    [
      "the peer speaks no TLS",
      async () => {
        const { port, stop } = await serveTcp((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
        return { url: `https://127.0.0.1:${port}/mcp`, stop };
      },
      "connection_failed",
    ],
    [
      "the peer ends the TLS handshake",
      async () => {
        const tls = createTlsServer({});
        tls.on("tlsClientError", () => {}).on("error", () => {});
        const port = await new Promise<number>((resolve) =>
          tls.listen(0, "127.0.0.1", () => resolve((tls.address() as { port: number }).port)),
        );
        return { url: `https://127.0.0.1:${port}/mcp`, stop: () => void tls.close() };
      },
      "connection_failed",
    ],
  ];
  for (const [what, start, outcome] of rows)
    test(`${what}: ${outcome}`, async () => {
      const { url, stop } = await start();
      const { stdout, code } = await home.run(["bridge", url, "--timeout", "1"], {
        input: lines(INITIALIZE),
      });
      stop();
      expect(answersTo(stdout, 1).map(({ error }) => error.data.code)).toEqual([outcome]);
      expect(code).toBe(0);
    }, 30_000);

  test("the server is started again meanwhile: the request waits for it", async () => {
    server = await serveScript(({ id }, response) => json(response, result(id)));
    const child = home.start(["bridge", server.url]);
    const { say, hear } = converse(child);
    say(INITIALIZE);
    await hear(({ id }) => id === 1);
    const { port } = server;
    server.stop();
    say(call(2));
    await sleep(1000);
    server = await serveScript(({ id }, response) => json(response, result(id, "back")), { port });
    expect((await hear(({ id }) => id === 2)).result.text).toBe("back");
    child.kill("SIGKILL");
  }, 30_000);
});

describe("an answer of 300 MB is refused at the limit, and the bridge lives on:", () => {
  for (const as of ["JSON", "an event"] as const)
    test(as, async () => {
      server = await serveScript(({ id, params }, response) => {
        if (params?.name !== "big") return json(response, result(id));
        response.writeHead(200, { "content-type": as === "JSON" ? "application/json" : "text/event-stream" });
        response.write(`${as === "JSON" ? "" : "data: "}{"jsonrpc":"2.0","id":${id},"result":{"text":"`);
        const mb = Buffer.alloc(1024 * 1024, "x");
        let sent = 0;
        const more = () => {
          while (sent++ < 300 && !response.destroyed)
            if (!response.write(mb)) return void response.once("drain", more);
          response.end(`"}}${as === "JSON" ? "" : "\n\n"}`);
        };
        more();
      });
      const child = home.start(["bridge", server.url]);
      const { say, hear } = converse(child);
      say(INITIALIZE, call(2, "big"));
      const { error } = await hear(({ id }) => id === 2, 60_000);
      expect(error.data.code).toBe("answer_too_long");
      expect(error.message).toContain("256 MiB");
      say(call(3));
      await hear(({ id, result }) => id === 3 && result.text === "ok");
      console.log(`300 MB as ${as}: peak ${peakMb(child.pid).toFixed(0)} MB`);
      expect(peakMb(child.pid)).toBeLessThan(1500);
      child.kill("SIGKILL");
    }, 90_000);
});

test("a first request that is cancelled before the server said a word leaves its place to the next", async () => {
  server = await serveScript(({ id, method, params }, response) => {
    if (method === "server/discover") return json(response, discovered(id));
    if (params?.name !== "bad") json(response, result(id));
  });
  // The era is known from this first run: the next one sends no probe.
  await home.run(["bridge", server.url], { input: lines(modern(call(1))) });
  const child = home.start(["bridge", server.url]);
  const { say, hear, heard } = converse(child);
  say(modern(call(2, "bad")), modern(call(3)));
  await until(() => (server?.count("tools/call") ?? 0) >= 2);
  say({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 2 } });
  expect((await hear(({ id }) => id === 3)).result.text).toBe("ok");
  child.stdin.end();
  expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
  expect(heard).toHaveLength(1);
  expect(server.count("server/discover")).toBe(1);
}, 20_000);
