// What belongs to a legacy client's request at `serve`, while the client comes and goes.
import { expect, test } from "bun:test";
import type { HostedSession, ServeContext } from "../../lib/hosts/serve/context.ts";
import type { Reply } from "../../lib/hosts/serve/http/reply.ts";
import {
  createDelivery,
  type Delivery,
  deliver,
  deliverAnswer,
  deliverTo,
} from "../../lib/hosts/serve/legacy/delivery/delivery.ts";
import { KeptAnswers } from "../../lib/hosts/serve/legacy/delivery/kept-answers.ts";
import { toClient } from "../../lib/hosts/serve/legacy/delivery/to-client.ts";
import { createSeals } from "../../lib/hosts/serve/seals.ts";
import type { Text } from "../../lib/mcp/jsonrpc/bytes.ts";
import { type RequestMessage, request } from "../../lib/mcp/jsonrpc/message.ts";
import { parseMessages } from "../../lib/mcp/jsonrpc/parse.ts";
import { Pending } from "../../lib/mcp/jsonrpc/pending.ts";

const seals = createSeals(new Uint8Array(32), "https://mcp.example.com/mcp");
const self = { address: "127.0.0.1:8080", instance: "here" };
const begin = (...deliveries: Delivery[]) => ({
  context: {
    ...{ seals, self, endpoint: { timeoutMs: 1000 } },
    kept: new KeptAnswers(),
    onMessageDone() {},
  } as unknown as ServeContext,
  session: {
    key: "k",
    side: { isHeldHere: true },
    owed: new Pending(),
    questions: new Map(),
    deliveries: new Map(deliveries.map((one) => [one.id, one])),
  } as unknown as HostedSession,
});

/** A client's stream. @param lasts for so many writes; then the client is gone */
function stream(lasts = Number.POSITIVE_INFINITY) {
  let left = lasts;
  const heard: string[] = [];
  const write = async (text: string) => {
    if (left > 0) heard.push(text);
    left--;
  };
  const reply = {
    ...{ isBegun: true, stream() {}, end() {} },
    get isGone() {
      return left <= 0;
    },
    event: write,
    answer: write,
    eventId: (_: string, isAlone: boolean) => (isAlone ? write("") : Promise.resolve()),
    whenGone(run: () => void) {
      run();
      return () => {};
    },
  } as unknown as Reply;
  return { reply, heard };
}

test("an answer that waited for a client is there still where the client goes again as it comes", async () => {
  const delivery = createDelivery("1", undefined, "ours");
  const { context, session } = begin(delivery);
  await deliverAnswer(context, session, delivery, "the answer");
  await deliverTo(context, session, delivery, stream(1).reply);
  const known = session.deliveries.get("1");
  const { reply, heard } = stream();
  if (known) await deliverTo(context, session, known, reply);
  expect(heard).toContain("the answer");
  expect([session.deliveries.size, context.kept.size]).toEqual([0, 0]);
});

test("a question that waited for a client is there still, too", async () => {
  const delivery = createDelivery("1", undefined, "ours");
  const { context, session } = begin(delivery);
  const question = request("9", "elicitation/create", {});
  await deliver(context, session, delivery, question);
  await deliverTo(context, session, delivery, stream(1).reply);
  const { reply, heard } = stream();
  await deliverTo(context, session, delivery, reply);
  expect(heard).toContain(question.text as string);
});

test("a question that is told beside another request bears the request that it belongs to", async () => {
  const { reply, heard } = stream();
  const away = createDelivery("1", stream(0).reply, "ours");
  const other = createDelivery("2", reply, "ours");
  const { context, session } = begin(away, other);
  for (const [id, name] of [
    ["1", "read"],
    ["2", "remove"],
  ] as const)
    session.owed.add(id, { cancel: new AbortController(), message: request(id, "tools/call", { name }) });
  const continuation = { key: "q", responses: {}, rest: {}, requestState: "of read" };
  const question: RequestMessage = { ...request("9", "elicitation/create", {}), continuation };
  await toClient(context, session, question, away);
  const told = JSON.parse(heard.find((text) => text !== "") ?? "{}");
  const { o } = seals.open("question", told.id) ?? {};
  expect(JSON.parse(String(o)).params.name).toBe("read");
  expect([away.waits, other.waits]).toEqual([true, false]);
});

test.each(["1", "1.0", '"1"'])(
  "the end of question 1 that is written as of %s has the id that its client knows",
  async (id) => {
    const { reply, heard } = stream();
    const delivery = createDelivery("7", reply, "ours");
    const { context, session } = begin(delivery);
    const [end] = parseMessages(
      `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}`,
      "server",
    );
    if (end?.kind !== "notification") throw new Error("no notification");
    await toClient(context, session, request("1", "elicitation/create", {}), delivery);
    await toClient(context, session, end, delivery);
    const [asked, ended] = heard.filter((text) => text !== "").map((text) => JSON.parse(text));
    expect(ended.params.requestId).toBe(asked.id);
  },
);

test("of answers that clients have not come back for, the oldest go where they are too large; none is measured for each one more", () => {
  const kept = new KeptAnswers();
  const forgotten: string[] = [];
  const deliveries: Delivery[] = [];
  const keep = (id: string, text: Text) => {
    const delivery = createDelivery(id, undefined, "ours");
    deliveries.push(delivery);
    kept.keep(delivery, text, () => forgotten.push(id));
  };
  let measured = 0;
  const small = Object.defineProperty(Buffer.from("x"), "length", {
    get() {
      measured++;
      return 1;
    },
  });
  for (let n = 0; n < 1000; n++) keep(`small ${n}`, small);
  expect(measured).toBeLessThan(5000);
  const large = "x".repeat(20 * 1024 * 1024);
  for (const id of ["1", "2", "3", "4"]) keep(id, large);
  expect(forgotten).toEqual([...Array.from({ length: 1000 }, (_, n) => `small ${n}`), "1"]);
  for (const delivery of deliveries) kept.end(delivery);
  expect([forgotten.length, kept.size]).toEqual([1004, 0]);
  keep("5", large);
  expect(kept.size).toBe(1);
  for (const delivery of deliveries) kept.end(delivery);
});
