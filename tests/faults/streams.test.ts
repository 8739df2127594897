import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { createHome, type Home } from "../e2e/harness.ts";
import { listen } from "../servers/listen.ts";

let home: Home;
let server: Server;
beforeEach(() => {
  home = createHome();
});
afterEach(() => {
  home.remove();
  server.closeAllConnections();
  server.close();
});

const INITIALIZE = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "pipe", version: "1" } },
};
const call = (id: number) => ({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "x" } });
const lines = (...messages: unknown[]) => messages.map((message) => `${JSON.stringify(message)}\n`).join("");
const answers = (stdout: string) =>
  stdout.trim() === ""
    ? []
    : stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
const INITIALIZED = {
  protocolVersion: "2025-11-25",
  capabilities: {},
  serverInfo: { name: "s", version: "1" },
};

type Answer = (
  request: { method: string; id?: unknown; http: string; lastEventId?: string },
  response: ServerResponse,
) => void;
/** A server that answers the handshake and leaves the rest to the test. */
async function serve(answer: Answer): Promise<string> {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => void parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString("utf8");
      const { id, method = "" } = body === "" ? {} : JSON.parse(body);
      const lastEventId = request.headers["last-event-id"];
      if (method === "initialize") {
        response.writeHead(200, { "content-type": "application/json", "mcp-session-id": "s" });
        response.end(JSON.stringify({ jsonrpc: "2.0", id, result: INITIALIZED }));
      } else if (request.method === "DELETE") response.writeHead(200).end();
      else if (request.method === "POST" && id === undefined) response.writeHead(202).end();
      else
        answer(
          {
            method,
            id,
            http: request.method ?? "",
            ...(typeof lastEventId === "string" ? { lastEventId } : {}),
          },
          response,
        );
    });
  });
  return `http://127.0.0.1:${await listen(server)}/mcp`;
}
const result = (id: unknown, text = "ok") => JSON.stringify({ jsonrpc: "2.0", id, result: { text } });

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
    const { stdout } = await home.run(["bridge", url], {
      input: lines(INITIALIZE, { jsonrpc: "2.0", method: "notifications/initialized" }, call(2)),
    });
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
    server = createServer((request, response) => {
      if (request.url === "/mcp")
        response.writeHead(307, { location: `http://127.0.0.1:${port}/mcp/` }).end();
      else response.writeHead(308, { location: `http://127.0.0.1:${otherPort}/mcp` }).end();
    });
    port = await listen(server);
    const { stdout } = await home.run(
      ["bridge", `http://127.0.0.1:${port}/mcp`, "--header", "Authorization: Bearer secret-token"],
      { input: lines(INITIALIZE) },
    );
    other.close();
    expect(answers(stdout)).toMatchObject([{ id: 1, error: { data: { code: "redirect" } } }]);
    expect(stdout).not.toContain("secret-token");
    expect(elsewhere).toEqual([]);
  });
});

test("a client that stops reading makes memory stop growing", async () => {
  const event = `data: {"jsonrpc":"2.0","method":"notifications/x","params":{"x":"${"y".repeat(60_000)}"}}\n\n`;
  const url = await serve((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const flood = () => {
      while (response.write(event));
      response.once("drain", flood);
    };
    flood();
  });
  const child = home.start(["bridge", url]);
  child.stdin.write(lines(INITIALIZE, call(2)));
  await new Promise<void>((resolve) => child.stdout.once("data", () => resolve()));
  child.stdout.pause();
  const memoryMb = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024;
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const before = memoryMb();
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const after = memoryMb();
  child.kill("SIGKILL");
  expect(after).toBeLessThan(before + 30);
}, 30_000);
