// Long messages use memory again that others were in: none may be seen in another's place.
import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import type { Script } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { call, cancelled, INITIALIZE, INITIALIZED, initialize } from "../support/messages.ts";

const home = homeForEachTest();
const MB = 1024 * 1024;
const hash = (text: string) => createHash("sha256").update(text).digest("hex");
/** Of this length, and like no other. */
const longText = (name: string, length: number) => `${name} `.repeat(Math.ceil(length / (name.length + 1)));

/** Answers with the hash of what was sent, and as long a text: with its length, without it, or as an event. */
const echo: Script = ({ http, id, params }, response) => {
  if (http === "GET") return void response.writeHead(405).end();
  const { name } = params;
  if (name === "never") return;
  const { text } = params.arguments;
  const answer = answerOf(id, { hash: hash(text), text: longText(`answer-${id}`, text.length) });
  if (name === "event")
    return void response.writeHead(200, { "content-type": "text/event-stream" }).end(`data: ${answer}\n\n`);
  const length = name === "said" ? { "content-length": Buffer.byteLength(answer) } : {};
  response.writeHead(200, { "content-type": "application/json", ...length }).end(answer);
};

const answerOf = (id: unknown, result: object) => JSON.stringify({ jsonrpc: "2.0", id, result });

describe("long messages", () => {
  test("many at once, cancelled ones among them, each have their own answer", async () => {
    const server = home.owns(await startLegacyServer(echo));
    const { say, answer, heard } = startBridge(home, [server.url]);
    say(INITIALIZE, INITIALIZED);
    for (let round = 0; round < 4; round++) {
      const ids = Array.from({ length: 9 }, (_, at) => 10 + 10 * round + at);
      const textOf = (id: number) => longText(`asked-${id}`, (1 + (id % 3)) * 0.7 * MB);
      const kinds = ["said", "unsaid", "event"];
      for (const id of ids) say(call(id, kinds[id % 3], { text: textOf(id) }));
      say(call(1000 + round, "never", { text: longText("never", MB) }), cancelled(1000 + round));
      for (const id of ids) {
        const said = await answer(id, 30_000);
        expect(said.result.hash).toBe(hash(textOf(id)));
        expect(hash(said.result.text)).toBe(hash(longText(`answer-${id}`, textOf(id).length)));
      }
    }
    expect(heard.filter(({ id }) => Number(id) >= 1000)).toEqual([]);
  }, 60_000);

  test("that answer a batch wait for each other unharmed", async () => {
    const server = home.owns(await startLegacyServer(echo));
    const { say, hear, answer } = startBridge(home, [server.url]);
    say(initialize("2025-03-26", {}, 1), INITIALIZED);
    await answer(1);
    const textOf = (id: number) => longText(`asked-${id}`, MB);
    say([2, 3, 4].map((id) => call(id, "said", { text: textOf(id) })));
    say(call(5, "said", { text: textOf(5) }));
    const batch = (await hear((line) => Array.isArray(line), 30_000)) as unknown as {
      id: number;
      result: { hash: string; text: string };
    }[];
    expect(batch.map(({ id }) => id).sort()).toEqual([2, 3, 4]);
    for (const { id, result } of batch) {
      expect(result.hash).toBe(hash(textOf(id)));
      expect(hash(result.text)).toBe(hash(longText(`answer-${id}`, textOf(id).length)));
    }
  }, 60_000);

  test.skipIf(process.platform !== "linux")(
    "one after the other touch less new memory than they are long",
    async () => {
      const server = home.owns(
        await startLegacyServer(({ http, id, params }, response) => {
          if (http === "GET") return void response.writeHead(405).end();
          const text = answerOf(id, { text: params.name === "down" ? "x".repeat(5 * MB) : "" });
          const length = { "content-length": text.length };
          response.writeHead(200, { "content-type": "application/json", ...length }).end(text);
        }),
      );
      const { child, say, answer } = startBridge(home, [server.url]);
      say(INITIALIZE, INITIALIZED);
      let id = 10;
      const carry = async (name: string, text: string, times: number) => {
        for (let round = 0; round < times; round++) {
          say(call(++id, name, { text }));
          await answer(id, 30_000);
        }
      };
      for (const [name, text] of [
        ["up", "y".repeat(5 * MB)],
        ["down", ""],
      ] as const) {
        await carry(name, text, 4);
        const before = pagesTouched(child.pid);
        await carry(name, text, 20);
        const perMessage = (pagesTouched(child.pid) - before) / 20;
        console.log(
          `5 MB ${name}: ${perMessage.toFixed(0)} new pages, of ${(5 * MB) / 4096} that it is long`,
        );
        expect(perMessage).toBeLessThan((5 * MB) / 4096);
      }
    },
    60_000,
  );
});

/** Pages of memory that a process has touched for the first time so far (minor faults). */
function pagesTouched(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[7]);
}
