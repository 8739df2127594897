// One response of `serve`, to clients that read slowly, or not at all.
import { expect, test } from "bun:test";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { Reply } from "../../lib/hosts/serve/http/reply.ts";
import { until } from "../support/waiting.ts";

const SLOW_MS = 400;
const LENGTH = 24 * 1024 * 1024;
const TEXT = "x".repeat(LENGTH);

/** What a client gets that takes a piece each so many ms, and how that ended at the server. @param everyMs 0: it reads nothing */
async function read(send: (reply: Reply) => void, everyMs: number): Promise<{ bytes: number; ms: number }> {
  let isOver = false;
  const server = createServer((_, response) => {
    const reply = new Reply(response, SLOW_MS);
    reply.whenGone(() => {
      isOver = true;
    });
    send(reply);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.on("error", () => {}).write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  let bytes = 0;
  const beganMs = performance.now();
  if (everyMs === 0) socket.pause();
  else
    socket.on("data", (part) => {
      bytes += part.length;
      socket.pause();
      setTimeout(() => socket.resume(), everyMs);
    });
  await until(() => isOver && (everyMs === 0 || socket.readableEnded), 60_000);
  const ms = performance.now() - beganMs;
  socket.destroy();
  server.close();
  return { bytes, ms };
}

const KINDS: Record<string, (reply: Reply) => void> = {
  "a whole answer": (reply) => reply.whole(200, TEXT),
  "an event": (reply) => void reply.answer(TEXT).then(() => reply.end()),
};
const sent = (name: string, send: (reply: Reply) => void) => (reply: Reply) => {
  if (name === "an event") reply.stream();
  send(reply);
};

for (const [name, send] of Object.entries(KINDS)) {
  test.concurrent(`${name}: a client that takes nothing of it is cut off`, async () => {
    expect((await read(sent(name, send), 0)).bytes).toBe(0);
  });
  test.concurrent(`${name}: a client that takes longer for all of it, and takes some all the time, gets all`, async () => {
    const { bytes, ms } = await read(sent(name, send), 20);
    expect(bytes).toBeGreaterThan(LENGTH);
    expect(ms).toBeGreaterThan(2 * SLOW_MS);
  });
}
