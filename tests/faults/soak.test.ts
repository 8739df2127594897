// Thousands of requests over a server that fails at random from a printed seed: each id answered once, none twice.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createHome } from "../e2e/harness.ts";
import { listen } from "../servers/listen.ts";

const REQUESTS = 20_000;
const IN_FLIGHT = 100;

/** A small generator (mulberry32): the same seed gives the same faults. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

test("each request is answered once, whatever the server does; memory and descriptors stay flat", async () => {
  const seed = Number(process.env.M2MCP_SOAK_SEED ?? Date.now() % 1_000_000);
  console.log(`soak seed ${seed} (M2MCP_SOAK_SEED repeats it)`);
  const random = createRandom(seed);
  let sessions = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => void parts.push(part));
    request.on("end", () => {
      if (request.method !== "POST")
        return void response.writeHead(request.method === "GET" ? 405 : 200).end();
      const { id, method } = JSON.parse(Buffer.concat(parts).toString("utf8"));
      if (id === undefined) return void response.writeHead(202).end();
      const json = JSON.stringify({
        jsonrpc: "2.0",
        id,
        result:
          method === "initialize"
            ? { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "soak", version: "1" } }
            : { id },
      });
      if (method === "initialize") {
        response.writeHead(200, { "content-type": "application/json", "mcp-session-id": `s${++sessions}` });
        return void response.end(json);
      }
      const fault = Math.floor(random() * 40);
      const sse = { "content-type": "text/event-stream" };
      if (fault === 0) request.socket.destroy();
      else if (fault === 1) response.writeHead(500).end("broken");
      else if (fault === 2)
        response
          .writeHead(404, { "content-type": "application/json" })
          .end('{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}');
      else if (fault === 3) response.writeHead(200, sse).end(": nothing\n\n");
      else if (fault === 4) response.writeHead(200, { "content-type": "text/html" }).end("<html>");
      else if (fault === 5) response.writeHead(200, sse).end(`data: ${json}\n\ndata: ${json}\n\n`);
      else if (fault === 6)
        response.writeHead(200, { "content-type": "application/json" }).end(json.slice(0, -3));
      else if (fault === 7) response.writeHead(503, { "retry-after": "0" }).end();
      else if (fault === 8)
        response
          .writeHead(200, sse)
          .end(`data: {"jsonrpc":"2.0","id":"nobody","result":{}}\n\ndata: ${json}\n\n`);
      else if (fault === 9) {
        response.writeHead(200, sse).write(json.slice(0, 5));
        setTimeout(() => request.socket.destroy(), 2);
      } else if (fault < 20) response.writeHead(200, sse).end(`data: ${json}\n\n`);
      else response.writeHead(200, { "content-type": "application/json" }).end(json);
    });
  });
  const home = createHome();
  const url = `http://127.0.0.1:${await listen(server)}/mcp`;
  const child = home.start(["bridge", url]);
  child.stderr.resume();
  const answers = new Map<unknown, number>();
  let next = 1;
  let answered = 0;
  let errors = 0;
  const memoryMb = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024;
  const descriptors = () => readdirSync(`/proc/${child.pid}/fd`).length;
  const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  const samples: number[] = [];
  const done = new Promise<void>((resolve) => {
    let rest = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const message = JSON.parse(line);
        if (message.method) continue;
        answers.set(message.id, (answers.get(message.id) ?? 0) + 1);
        if (message.error) errors++;
        answered++;
        if (answered % 2000 === 0) samples.push(memoryMb());
        if (next <= REQUESTS) send({ id: next++, method: "tools/call", params: { name: "x" } });
        else if (answered === REQUESTS + 1) resolve();
      }
    });
  });
  send({
    id: 0,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "soak", version: "1" } },
  });
  send({ method: "notifications/initialized" });
  while (next <= IN_FLIGHT) send({ id: next++, method: "tools/call", params: { name: "x" } });
  await done;
  await new Promise((resolve) => setTimeout(resolve, 300));
  const open = descriptors();
  const ended = new Promise((resolve) => child.on("close", resolve));
  child.stdin.end();
  expect(await ended).toBe(0);
  server.closeAllConnections();
  server.close();
  home.remove();

  expect(answers.size).toBe(REQUESTS + 1);
  expect([...answers.values()].every((count) => count === 1)).toBe(true);
  expect(errors).toBeGreaterThan(REQUESTS / 20);
  expect(errors).toBeLessThan(REQUESTS / 5);
  console.log(
    `answered ${answered}, errors ${errors}, sessions ${sessions}, memory ${samples.map((mb) => mb.toFixed(0)).join(" ")} MB, ${open} descriptors`,
  );
  // What is leaked grows with the requests: the second half must not stand above the first.
  const half = samples.length / 2;
  expect(Math.max(...samples.slice(half))).toBeLessThan(Math.max(...samples.slice(0, half)) * 1.3 + 20);
  expect(open).toBeLessThan(IN_FLIGHT + 60);
}, 300_000);
