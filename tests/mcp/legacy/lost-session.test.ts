// Sessions that the server forgot: opened again once for all who found it out, at a pace, and for no method's own sake.
import { describe, expect, test } from "bun:test";
import { createIds } from "../../../lib/mcp/jsonrpc/id.ts";
import { notification, resultResponse } from "../../../lib/mcp/jsonrpc/message.ts";
import { createLegacySession } from "../../../lib/mcp/legacy/session.ts";
import type { SavedSession } from "../../../lib/mcp/protocol/endpoint.ts";
import {
  bare,
  callOf,
  closedStream,
  fakeEndpoint,
  inShort,
  json,
  type OpenStream,
  openStream,
  refuse,
  result,
  type Sent,
} from "../../support/mcp/fake-endpoint.ts";
import { sleep, until } from "../../support/waiting.ts";

const INITIALIZED = notification("notifications/initialized");
const CHANGED = "notifications/tools/list_changed";
const HANDSHAKE = { protocolVersion: "2025-11-25", capabilities: { tools: { listChanged: true } } };
const forgotten = () =>
  json({ jsonrpc: "2.0", id: null, error: { code: -32001, message: "Session not found" } }, 404);

interface World {
  /** What it answers to requests in a session that it knows. */
  answer(sent: Sent): Response | OpenStream | Promise<Response>;
  refusal(sent: Sent): Response;
  /** What it answers to a handshake beyond the first. */
  reopening: ((sent: Sent) => Response) | undefined;
}

async function start(more: Partial<World> = {}, resumed?: SavedSession) {
  const world: World = {
    answer: (sent) => result(sent, { text: sent.session }),
    refusal: forgotten,
    reopening: undefined,
    ...more,
  };
  const alive = new Set<string>();
  let opened = 0;
  const endpoint = fakeEndpoint((sent) => {
    if (sent.http === "GET") return bare(405);
    if (sent.method === "initialize") {
      if (opened > 0 && world.reopening) return world.reopening(sent);
      alive.add(`s${++opened}`);
      return json({ jsonrpc: "2.0", id: sent.id, result: HANDSHAKE }, 200, {
        "mcp-session-id": `s${opened}`,
      });
    }
    if (!alive.has(sent.session ?? "")) return world.refusal(sent);
    return sent.id === undefined || sent.method === "" ? bare(202) : world.answer(sent);
  });
  const heard: string[] = [];
  const session = createLegacySession({
    endpoint,
    ids: createIds(),
    onMessage: async ({ method }) => void heard.push(method),
    listens: false,
    ...(resumed ? { resumed } : {}),
  });
  if (!resumed) {
    await session.request(callOf("initialize", { id: '"i"' }));
    await session.notify(INITIALIZED);
  }
  const ask = (id: string, method = "tools/call") => session.request(callOf(method, { id })).then(inShort);
  return {
    endpoint,
    session,
    heard,
    ask,
    world,
    forget: () => alive.clear(),
    handshakes: () => endpoint.count("initialize"),
  };
}

test("one handshake serves all who found it lost, each is sent once more, and news is told once", async () => {
  const { ask, forget, handshakes, endpoint, heard } = await start();
  expect(await ask("0")).toBe("s1");
  forget();
  const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => ask(`${n + 1}`)));
  expect(new Set(answers)).toEqual(new Set(["s2"]));
  expect(handshakes()).toBe(2);
  expect(endpoint.count("tools/call")).toBeLessThanOrEqual(101);
  expect(heard).toEqual([CHANGED]);
  // Ours has an id that no client's request can have at the same time.
  const [, second] = endpoint.sent.filter(({ method }) => method === "initialize");
  expect(second?.id).toBeGreaterThan(2 ** 24);
});

test.concurrent("where no new one is to be had, that is told to all who waited, and asked for once", async () => {
  const { ask, forget, handshakes, endpoint, world } = await start({});
  await ask("0");
  world.reopening = () => bare(500, "boom");
  forget();
  const failures = await Promise.all(
    Array.from({ length: 50 }, (_, n) => ask(`${n + 1}`).catch((error: { code: string }) => error.code)),
  );
  expect(new Set(failures)).toEqual(new Set(["session_gone"]));
  expect(handshakes()).toBe(2);
  expect(endpoint.count("tools/call")).toBe(51);
  world.reopening = undefined;
  expect(await ask("99")).toBe("s2");
});

test.concurrent("an answer to what a lost session asked reaches no other, though the next one is only opened after a while", async () => {
  const question = { jsonrpc: "2.0", id: 3, method: "elicitation/create" };
  const { ask, forget, session, endpoint, heard } = await start({
    answer: (sent) => closedStream(question, { jsonrpc: "2.0", id: sent.id, result: { text: sent.session } }),
  });
  forget();
  expect(await ask("1")).toBe("s2");
  forget();
  // The second in a row is waited for.
  const asked = ask("2");
  await until(() => endpoint.count("tools/call") === 3);
  await sleep(20);
  expect(heard.at(-1)).toBe("notifications/cancelled");
  await session.respond(resultResponse("3", {}));
  expect(await asked).toBe("s3");
  expect(endpoint.sent.filter(({ id, method }) => method === "" && id === 3)).toEqual([]);
});

describe("a method that fresh sessions refuse too", () => {
  const CHATTY = "resources/templates/list";
  for (const [what, refuseIt, most] of [
    ["404 with nothing", () => bare(404), 1],
    [
      "400 with -32000 to nobody",
      () => json({ jsonrpc: "2.0", id: null, error: { code: -32000, message: "no" } }, 400),
      1,
    ],
    [
      "words about a session of its own",
      (sent: Sent) => refuse(sent, 200, -32000, "browser session 7 not found"),
      3,
    ],
  ] as const)
    test.concurrent(`in ${what} is refused for its own sake: it opens ${most}, and then none for a while`, async () => {
      const { ask, handshakes, endpoint } = await start({
        answer: (sent) => (sent.method === CHATTY ? refuseIt(sent) : result(sent, { text: "fine" })),
      });
      const first = await ask("1", CHATTY);
      expect(first).not.toBe("fine");
      expect(handshakes()).toBe(1 + most);
      expect(endpoint.count(CHATTY)).toBe(1 + most);
      for (let n = 2; n < 20; n++) expect(await ask(`${n}`, CHATTY)).toBe(first);
      expect(await ask("20")).toBe("fine");
      expect(handshakes()).toBe(1 + most);
      expect(endpoint.count(CHATTY)).toBe(1 + most + 18);
    }, 15_000);

  test("with 404 and an error of its own opens none", async () => {
    const { ask, handshakes, heard } = await start({
      answer: (sent) => refuse(sent, 404, -32601, "Method not found"),
    });
    expect(await ask("1", CHATTY)).toBe("refused 404");
    expect(handshakes()).toBe(1);
    expect(heard).toEqual([]);
  });
});

describe("sessions lost one after the other", () => {
  for (const losses of [2, 3])
    test.concurrent(`${losses} times are opened for one request, whatever the server says of them`, async () => {
      let left = losses;
      const world = await start({ refusal: () => bare(404) });
      const { ask, forget, handshakes, endpoint, world: server } = world;
      // It restarts once more after each handshake.
      server.answer = (sent) => {
        if (sent.method === "tools/call" && sent.session !== "s1" && --left > 0) {
          forget();
          return bare(404);
        }
        return result(sent, { text: sent.session });
      };
      expect(await ask("0")).toBe("s1");
      forget();
      expect(await ask("1")).toBe(`s${losses + 1}`);
      expect(handshakes()).toBe(losses + 1);
      expect(endpoint.count("ping")).toBe(losses - 1);
      // Nothing was learned against the method.
      forget();
      expect(await ask("2")).toBe(`s${losses + 2}`);
    }, 15_000);
  test("are opened once where no session ever answered anything", async () => {
    const { ask, handshakes } = await start({ answer: () => bare(404) });
    expect(await ask("1")).toBe("refused 404");
    expect(handshakes()).toBe(2);
  });
  test.concurrent("are opened ever more slowly, and are no news until one stands", async () => {
    // Two servers in turn behind one address: nobody keeps a client at one of them.
    let turn = 0;
    const { ask, handshakes, heard } = await start({
      answer: (sent) => (turn++ % 2 ? forgotten() : result(sent)),
    });
    const startedMs = performance.now();
    for (let n = 1; performance.now() - startedMs < 2500; n++) await ask(`${n}`).catch(() => {});
    expect(handshakes()).toBeLessThan(8);
    expect(heard.length).toBeLessThanOrEqual(3);
  }, 15_000);
});

describe("what the old one had been told is told again", () => {
  test("beside the requests, which wait for none of it", async () => {
    const { session, ask, forget, world, endpoint } = await start();
    await session.request(callOf("logging/setLevel", { params: { level: "debug" } }));
    await session.request(callOf("resources/subscribe", { params: { uri: "a" } }));
    await session.request(callOf("resources/subscribe", { params: { uri: "b" } }));
    await session.request(callOf("resources/unsubscribe", { params: { uri: "b" } }));
    const { answer } = world;
    world.answer = (sent) => (sent.method === "tools/call" ? answer(sent) : new Promise(() => {}));
    forget();
    expect(await ask("9")).toBe("s2");
    await until(() => endpoint.sent.filter(({ session }) => session === "s2").length >= 4);
    expect(
      endpoint.sent
        .filter(({ session }) => session === "s2")
        .map(({ method }) => method)
        .sort(),
    ).toEqual(["logging/setLevel", "notifications/initialized", "resources/subscribe", "tools/call"]);
  });
});

describe("a notification", () => {
  test("that finds the session lost is sent once more in the new one", async () => {
    const { session, forget, handshakes, endpoint } = await start();
    forget();
    await session.notify(notification("notifications/roots/list_changed"));
    expect(handshakes()).toBe(2);
    const told = endpoint.sent.filter(({ method }) => method === "notifications/roots/list_changed");
    expect(told.map(({ session: of }) => of)).toEqual(["s1", "s2"]);
  });
  test("that the server does not know opens one at most, whatever it says", async () => {
    const server = await start();
    const { session, handshakes, endpoint } = server;
    const fetching = endpoint.fetch;
    const refusing = async (url: string | URL | Request, init?: RequestInit) =>
      String(init?.body).includes("roots/list_changed") ? bare(404) : fetching(url, init);
    endpoint.fetch = refusing as typeof fetch;
    // The layers of an endpoint are made once, so it is another one.
    const fresh = createLegacySession({
      endpoint: { ...endpoint },
      ids: createIds(),
      onMessage: async () => {},
      listens: false,
    });
    await fresh.request(callOf("initialize"));
    await fresh.notify(INITIALIZED);
    const before = handshakes();
    for (let n = 0; n < 5; n++) await fresh.notify(notification("notifications/roots/list_changed"));
    expect(handshakes() - before).toBeLessThanOrEqual(1);
    await session.close("leave");
  });
});

describe("a session that an earlier command left", () => {
  test("is used as it is, without a handshake", async () => {
    const { ask, handshakes } = await start(
      { refusal: (sent) => result(sent, { text: sent.session }) },
      { id: "old", protocolVersion: "2025-06-18" },
    );
    expect(await ask("1")).toBe("old");
    expect(handshakes()).toBe(0);
  });
  test("that is gone is for who holds the handshake to open again", async () => {
    const { ask, handshakes } = await start({}, { id: "old", protocolVersion: "2025-06-18" });
    expect(await ask("1")).toBe("refused 404");
    expect(handshakes()).toBe(0);
  });
});

test("a stream that the server ends with the session is opened anew in the next one", async () => {
  const streams = new Map<string, ReturnType<typeof openStream>>();
  let opened = 0;
  const endpoint = fakeEndpoint((sent) => {
    if (sent.method === "initialize")
      return json({ jsonrpc: "2.0", id: sent.id, result: HANDSHAKE }, 200, {
        "mcp-session-id": `s${++opened}`,
      });
    if (sent.http !== "GET")
      return sent.id === undefined
        ? bare(202)
        : sent.session === `s${opened}` && opened > 1
          ? result(sent)
          : forgotten();
    const stream = openStream();
    streams.set(sent.session ?? "", stream);
    return stream;
  });
  const session = createLegacySession({ endpoint, ids: createIds(), onMessage: async () => {} });
  await session.request(callOf("initialize"));
  await session.notify(INITIALIZED);
  await until(() => streams.has("s1"));
  await session.request(callOf("tools/call"));
  await until(() => streams.has("s2"));
  await sleep(10);
  expect([...streams].map(([id, { isOpen }]) => [id, isOpen()])).toEqual([
    ["s1", false],
    ["s2", true],
  ]);
});
