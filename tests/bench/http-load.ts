// Calls over so many HTTP connections at once, each of which waits for its answer: bare sockets, so that what is measured
// is not the client.
import { connect } from "node:net";
import { quantile } from "./figures.ts";

export interface Load {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  failed: number;
}

/** @param headers of the session, as `name: value` */
export async function load(
  url: string,
  headers: readonly string[],
  connections: number,
  calls: number,
): Promise<Load> {
  const { hostname, port, pathname, host } = new URL(url);
  // A session's requests under way each have an id of their own.
  const requestOf = (id: number) => {
    const params = { name: "echo", arguments: { message: "hello" } };
    const body = JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params });
    return [
      `POST ${pathname} HTTP/1.1`,
      `Host: ${host}`,
      "Content-Type: application/json",
      "Accept: application/json, text/event-stream",
      ...headers,
      `Content-Length: ${body.length}`,
      "",
      body,
    ].join("\r\n");
  };
  const tookMs: number[] = [];
  let left = calls;
  let failed = 0;
  const startedMs = performance.now();
  const one = (at: number) =>
    new Promise<void>((resolve, reject) => {
      const request = requestOf(at + 1);
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      let text = "";
      let sentMs = 0;
      const next = () => {
        if (left-- <= 0) {
          socket.destroy();
          return resolve();
        }
        sentMs = performance.now();
        socket.write(request);
      };
      socket.setEncoding("latin1");
      socket.on("connect", next);
      socket.on("error", reject);
      socket.on("data", (part: string) => {
        text += part;
        const head = text.indexOf("\r\n\r\n");
        if (head < 0) return;
        const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, head + 2))?.[1];
        const isWhole =
          length === undefined ? text.endsWith("\r\n0\r\n\r\n") : text.length >= head + 4 + Number(length);
        if (!isWhole) return;
        if (!text.startsWith("HTTP/1.1 200") || !text.includes('"result"')) failed++;
        tookMs.push(performance.now() - sentMs);
        text = "";
        next();
      });
      socket.on("close", () => resolve());
    });
  await Promise.all(Array.from({ length: connections }, (_, at) => one(at)));
  const seconds = (performance.now() - startedMs) / 1000;
  return {
    perSecond: tookMs.length / seconds,
    p50Ms: quantile(tookMs, 0.5),
    p99Ms: quantile(tookMs, 0.99),
    failed,
  };
}
