// Streams that clients of `serve` ask for, one by one: the session they are in is opened again where it is lost, and then alone.
import { expect, test } from "bun:test";
import { createIds } from "../../../lib/mcp/jsonrpc/id.ts";
import { notification } from "../../../lib/mcp/jsonrpc/message.ts";
import { createLegacySession } from "../../../lib/mcp/legacy/session.ts";
import {
  bare,
  callOf,
  fakeEndpoint,
  json,
  type OpenStream,
  openStream,
  refuse,
  type Sent,
} from "../../support/mcp/fake-endpoint.ts";

const HANDSHAKE = { protocolVersion: "2025-11-25", capabilities: {} };
const EVENT = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };

/** A stream that brings something and ends, as those of servers do that keep none open for long. */
function brief() {
  const stream = openStream();
  stream.write("retry: 1\n");
  stream.say(EVENT);
  stream.end();
  return stream;
}
const forgotten = (sent: Sent) => refuse(sent, 404, -32001, "Session not found");

/** Asks for a stream for as long as there are answers. @returns the sessions that were asked for it, and shaken hands for */
async function streamed(answers: ((sent: Sent) => Response | OpenStream)[]) {
  const over = new AbortController();
  const asked: (string | null)[] = [];
  let opened = 0;
  const endpoint = fakeEndpoint((sent) => {
    if (sent.method === "initialize")
      return json({ jsonrpc: "2.0", id: sent.id, result: HANDSHAKE }, 200, {
        "mcp-session-id": `s${++opened}`,
      });
    if (sent.http !== "GET") return bare(202);
    asked.push(sent.session);
    const answer = answers.shift();
    if (answer) return answer(sent);
    over.abort();
    return bare(405);
  });
  const session = createLegacySession({
    endpoint,
    ids: createIds(),
    onMessage: async () => {},
    listens: false,
  });
  await session.request(callOf("initialize", { id: '"i"' }));
  await session.notify(notification("notifications/initialized"));
  await session.stream({
    signal: over.signal,
    onGranted() {},
    async onMessage() {},
    async onEventId() {},
  });
  return { asked, opened };
}

test("a stream whose session is lost goes on in another one, and stays there however often it ends", async () => {
  const { asked, opened } = await streamed([brief, forgotten, brief, brief]);
  expect(asked).toEqual(["s1", "s1", "s2", "s2", "s2"]);
  expect(opened).toBe(2);
});

test("a stream goes on in another session each time that one is lost which has granted it", async () => {
  const { asked } = await streamed([brief, forgotten, brief, forgotten, brief]);
  expect(asked).toEqual(["s1", "s1", "s2", "s2", "s3", "s3"]);
});

test("a stream that is refused for the moment is asked for again in the session that there is", async () => {
  const { asked, opened } = await streamed([brief, () => bare(500), brief, brief]);
  expect(asked).toEqual(["s1", "s1", "s1", "s1", "s1"]);
  expect(opened).toBe(1);
});

test("a session that was opened for a stream and does not know it either is not opened again for that", async () => {
  const { asked, opened } = await streamed([brief, forgotten, forgotten, forgotten]);
  expect(asked).toEqual(["s1", "s1", "s2", "s2", "s2"]);
  expect(opened).toBe(2);
});
