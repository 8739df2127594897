// What a network does to a connection, and what the client of a bridge reads then.
import { describe, expect, test } from "bun:test";
import { createServer as createTlsServer } from "node:tls";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { json, result } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { answersTo, call, INITIALIZE, lines } from "../support/messages.ts";
import { freePort, listen, serveTcp } from "../support/net/listen.ts";
import { sleep } from "../support/waiting.ts";

const home = homeForEachTest();

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
    ["the peer speaks no HTTP", () => serveTcp((socket) => socket.end("SSH-2.0-OpenSSH_9.0\r\n")), "no_http"],
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
        return { url: `https://127.0.0.1:${await listen(tls)}/mcp`, stop: () => void tls.close() };
      },
      "connection_failed",
    ],
  ];
  for (const [what, start, outcome] of rows)
    test(`${what}: ${outcome}`, async () => {
      const { url } = home.owns(await start());
      const { stdout, code } = await home.run(["bridge", url, "--timeout", "1"], {
        input: lines(INITIALIZE),
      });
      expect(answersTo(stdout, 1).map(({ error }) => error.data.code)).toEqual([outcome]);
      expect(code).toBe(0);
    }, 30_000);

  test.each([
    "200 OK\r\nContent-Length: -1\r\n\r\n{}",
    "200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "200 OK\r\nX-One: a\r\n folded\r\n\r\n{}",
    "101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
  ])("an answer that cannot be read leaves open what became of the call: %j", async (said) => {
    const server = await startLegacyServer((_, response) => void response.socket?.end(`HTTP/1.1 ${said}`));
    const { say, answer } = startBridge(home, [home.owns(server).url]);
    say(INITIALIZE, call(2));
    const { error } = await answer(2);
    expect(error.data.code).toBe("no_http");
    expect(error.message).toContain("whether the call was carried out is not known");
    expect(error.message).not.toContain("cannot reach");
  });

  test("the server is started again meanwhile: the request waits for it", async () => {
    const port = await freePort();
    const server = await startLegacyServer(({ id }, response) => json(response, result(id)), { port });
    const { say, answer } = startBridge(home, [server.url]);
    say(INITIALIZE);
    await answer(1);
    await server.stop();
    say(call(2));
    await sleep(1000);
    home.owns(await startLegacyServer(({ id }, response) => json(response, result(id, "back")), { port }));
    expect((await answer(2)).result.text).toBe("back");
  }, 30_000);
});
