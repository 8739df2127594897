// Streams that carry answers: cut, resumed, and read however they come.
import { describe, expect, test } from "bun:test";
import { createServer, type Server } from "node:http";
import { gzipSync } from "node:zlib";
import { homeForEachTest } from "../support/home.ts";
import { result, type Script, stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { answers, answersTo, call, INITIALIZE, INITIALIZED, lines } from "../support/messages.ts";
import { listen } from "../support/net/listen.ts";

const home = homeForEachTest();
const serve = async (script: Script) => home.owns(await startLegacyServer(script)).url;

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

  test("that come back by themselves carry what the server says on its own", async () => {
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

  for (const [status, headers] of [
    [401, {}],
    [403, {}],
    [503, { "retry-after": "3600" }],
  ] as const)
    test(`whose resumption is refused with ${status} leaves the outcome unknown`, async () => {
      const url = await serve(breaking((_asked, response) => void response.writeHead(status, headers).end()));
      const { stdout } = await home.run(["bridge", url, "--timeout", "3"], {
        input: lines(INITIALIZE, call(2)),
      });
      expect(answersTo(stdout, 2)[0].error.data.code).toBe("stream_cut");
    }, 20_000);

  test("is resumed again where a page came in its place, and else told as of unknown outcome", async () => {
    for (const pages of [1, Number.POSITIVE_INFINITY]) {
      let tries = 0;
      const url = await serve(
        breaking((_asked, response) => {
          if (++tries > pages) return void stream(response).end(`id: e2\ndata: ${result(2)}\n\n`);
          response.writeHead(200, { "content-type": "text/html" }).end("<html>");
        }),
      );
      const { stdout } = await home.run(["bridge", url, "--timeout", "3"], {
        input: lines(INITIALIZE, call(2)),
      });
      if (pages === 1) expect(answersTo(stdout, 2)[0].result.text).toBe("ok");
      else expect(answersTo(stdout, 2)[0].error.data.code).toBe("stream_cut");
    }
  }, 30_000);

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
