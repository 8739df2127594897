import { expect, test } from "bun:test";
import { parseMessages } from "../../../lib/mcp/jsonrpc/parse.ts";
import { createSessionExchange } from "../../../lib/mcp/legacy/session-exchange.ts";
import { Cancellation } from "../../../lib/mcp/protocol/transport.ts";
import { callOf, fakeEndpoint, inShort, json, type Sent } from "../../support/mcp/fake-endpoint.ts";
import { sleep } from "../../support/waiting.ts";

/** An answer as servers give them that answer in JSON: its length is known, so that it is read in one go. */
const whole = ({ id }: Sent) => {
  const text = JSON.stringify({ jsonrpc: "2.0", id, result: { id } });
  return json(text, 200, { "content-length": String(text.length) });
};

test("what ended one request ends no later one, wherever its answer came from and whenever it was given up", async () => {
  const held = new Map<string, () => void>();
  const endpoint = fakeEndpoint(async (sent) => {
    if (sent.params?.held) await new Promise<void>((resolve) => held.set(String(sent.id), resolve));
    return whole(sent);
  });
  const exchange = createSessionExchange(endpoint, async () => {});
  const session = { id: "s" };
  const send = (id: string, more: Parameters<typeof callOf>[1] = {}) =>
    exchange.send(callOf("tools/call", { id, ...more }), session);

  // Its answer comes on the standalone stream first, then on its own response too.
  const first = send("1", { params: { held: true } });
  await sleep(5);
  const [elsewhere] = parseMessages('{"jsonrpc":"2.0","id":1,"result":{"from":"stream"}}', "server");
  if (elsewhere?.kind !== "response") throw new Error("no response");
  await exchange.receive(elsewhere);
  expect(inShort(await first)).toMatchObject({ from: "stream" });
  held.get("1")?.();
  await sleep(5);

  // Given up once it was answered: nobody is told.
  const given = new AbortController();
  await send("2", { signal: given.signal });
  given.abort(new Cancellation());

  const later = ["3", "4", "5"].map((id) => send(id, { params: { held: true } }));
  // As long as a stream is read on whose answer has come.
  await sleep(2300);
  const signals = endpoint.sent.slice(2).map(({ signal }) => signal.aborted);
  expect(signals).toEqual([false, false, false]);
  for (const resolve of held.values()) resolve();
  expect((await Promise.all(later)).map(inShort)).toEqual([{ id: 3 }, { id: 4 }, { id: 5 }]);
  expect(endpoint.count("notifications/cancelled")).toBe(0);
});
