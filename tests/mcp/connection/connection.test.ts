import { describe, expect, test } from "bun:test";
import { notification } from "../../../lib/mcp/jsonrpc/message.ts";
import { Cancellation } from "../../../lib/mcp/protocol/transport.ts";
import {
  type Answering,
  bare,
  callOf,
  closedStream,
  openStream,
  refuse,
  result,
  type Sent,
} from "../../support/mcp/fake-endpoint.ts";
import { META } from "../../support/messages.ts";
import { until } from "../../support/waiting.ts";
import { CHANGED, INITIALIZED, legacy, modern, startConnection as start } from "./start.ts";

describe("a client of either era is understood by a server of either:", () => {
  test("legacy at legacy", async () => {
    const { initialize, connection, ask, endpoint } = start(legacy());
    expect(await initialize()).toMatchObject({ protocolVersion: "2025-11-25" });
    await connection.notify(INITIALIZED);
    expect(await ask("1")).toBe("legacy");
    expect(endpoint.requests().filter((one) => one !== "GET")).toEqual([
      "POST initialize",
      "POST notifications/initialized",
      "POST tools/call",
    ]);
  });
  test("legacy at modern", async () => {
    const { initialize, ask, endpoint } = start(modern());
    expect(await initialize()).toMatchObject({ protocolVersion: "2025-11-25" });
    expect(await ask("1")).toBe("modern");
    expect(endpoint.requests()).toEqual(["POST initialize", "POST server/discover", "POST tools/call"]);
  });
  test("modern at modern, without a request beyond its own", async () => {
    const { askModern, endpoint } = start(modern());
    expect(await askModern("0", "server/discover")).toMatchObject({ supportedVersions: ["2026-07-28"] });
    expect(await askModern("1")).toBe("modern");
    expect(endpoint.requests()).toEqual(["POST server/discover", "POST tools/call"]);
  });
  test("modern at legacy", async () => {
    const { askModern, endpoint } = start(legacy());
    expect(await askModern("0", "server/discover")).toMatchObject({ supportedVersions: ["2026-07-28"] });
    expect(await askModern("1")).toBe("legacy");
    expect(endpoint.count("initialize")).toBe(1);
  });
  test("our own at either, in as few requests as there are", async () => {
    for (const [server, requests] of [
      [modern(), ["POST tools/call"]],
      [legacy(), ["POST tools/call", "POST initialize", "POST notifications/initialized", "POST tools/call"]],
    ] as const) {
      const { ask, endpoint } = start(server, { own: true });
      expect(await ask("1")).toBe(
        server === undefined ? "" : endpoint.count("initialize") ? "legacy" : "modern",
      );
      expect(endpoint.requests()).toEqual([...requests]);
    }
  });
});

describe("an answer is seen before what follows it in the same chunk, whoever speaks to whom:", () => {
  const inOneChunk: Answering = ({ id }) => {
    const stream = openStream();
    stream.say({ jsonrpc: "2.0", id, result: { resultType: "complete" } }, CHANGED);
    return stream;
  };
  for (const [what, server, begin] of [
    ["legacy at legacy", legacy(inOneChunk), "initialize"],
    ["legacy at modern", modern(inOneChunk), "initialize"],
    ["modern at modern", modern(inOneChunk), "discover"],
  ] as const)
    test(what, async () => {
      const { initialize, ask, askModern, order } = start(server);
      if (begin === "initialize") await initialize();
      else await askModern("0", "server/discover");
      order.length = 0;
      await (begin === "initialize" ? ask("1") : askModern("1"));
      await until(() => order.length === 2);
      expect(order).toEqual(["answer 1", CHANGED.method]);
    });
});

describe("the first request asks the server, and the others wait for it:", () => {
  test("one handshake serves them all", async () => {
    const { initialize, ask, endpoint } = start(legacy());
    const all = await Promise.all([initialize(), ...Array.from({ length: 20 }, (_, n) => ask(`${n}`))]);
    expect(all.slice(1)).toEqual(Array.from({ length: 20 }, () => "legacy"));
    expect(endpoint.count("initialize")).toBe(1);
  });

  test("its refusal is theirs", async () => {
    const { initialize, ask, endpoint } = start(() => bare(500, "boom"));
    expect(await Promise.all([initialize(), ask("1"), ask("2")])).toEqual([
      "refused 500",
      "refused 500",
      "refused 500",
    ]);
    expect(endpoint.requests()).toEqual(["POST initialize"]);
    // The next handshake asks anew.
    await initialize();
    expect(endpoint.count("initialize")).toBe(2);
  });

  test("one that is given up meanwhile is not sent, and holds up nobody", async () => {
    const { initialize, ask, endpoint } = start(legacy());
    const abort = new AbortController();
    const given = ask("1", "tools/call", {}, abort.signal);
    const reason = new Cancellation();
    const opening = initialize();
    abort.abort(reason);
    await expect(given).rejects.toBe(reason);
    expect(await opening).toBeDefined();
    expect(endpoint.count("tools/call")).toBe(0);
  });

  test("what the client tells before is told once the era is known, in order", async () => {
    const { connection, initialize, endpoint } = start(legacy());
    for (const n of [1, 2]) await connection.notify(notification("notifications/x", { n }));
    await initialize();
    await until(() => endpoint.count("notifications/x") === 2);
    expect(
      endpoint.sent.filter(({ method }) => method === "notifications/x").map(({ params }) => params.n),
    ).toEqual([1, 2]);
  });

  test("a ping before it is answered here", async () => {
    const { ask, endpoint } = start(legacy());
    expect(await ask("1", "ping", {})).toEqual({});
    expect(endpoint.sent).toEqual([]);
  });

  test("it has a limit of its own, which says that the server is silent", async () => {
    const { initialize, ask } = start(() => new Promise(() => {}), { connectTimeoutMs: 50 });
    for (const asked of [initialize(), ask("1")]) {
      const failure = await asked.catch((error: Error & { code: string }) => error);
      expect(failure).toMatchObject({ code: "timeout" });
      expect(`${failure}`).toContain("silent");
    }
  });
});

describe("a server that changes its era", () => {
  test("is found again, with its handshake, and the call is sent there", async () => {
    const { initialize, connection, ask, exchange, order, endpoint } = start(modern());
    await initialize();
    await connection.notify(INITIALIZED);
    exchange(legacy());
    expect(await ask("1")).toBe("legacy");
    expect(endpoint.count("initialize")).toBe(2);
    expect(order.filter((one) => one === CHANGED.method)).toHaveLength(1);
  });

  test("is not looked for again and again where it did not", async () => {
    let bad = false;
    const { initialize, ask, endpoint } = start(
      modern((sent) => (bad ? bare(404, "404 page not found") : result(sent, { text: "modern" }))),
    );
    await initialize();
    bad = true;
    for (let n = 1; n <= 10; n++) expect(await ask(`${n}`)).toBe("refused 404");
    expect(endpoint.count("server/discover")).toBeLessThanOrEqual(3);
    bad = false;
    expect(await ask("11")).toBe("modern");
  });

  for (const [name, say] of [
    ["404", () => bare(404, "404 page not found")],
    ["405", () => bare(405)],
    ["400 with HTML", () => bare(400, "<html>")],
    ["502", () => bare(502)],
    ["503", () => bare(503)],
    ["401", () => bare(401)],
  ] as [string, (sent: Sent) => Response][])
    for (const [kind, make] of [
      ["legacy", legacy],
      ["modern", modern],
    ] as const)
      test(`is none that says ${name} once: ${kind}`, async () => {
        let bad = false;
        const { initialize, connection, ask, endpoint } = start(
          make((sent) => (bad ? say(sent) : result(sent, { text: kind }))),
        );
        await initialize();
        await connection.notify(INITIALIZED);
        expect(await ask("1")).toBe(kind);
        bad = true;
        await ask("2").catch(() => {});
        bad = false;
        expect(await ask("3")).toBe(kind);
        expect(endpoint.memory?.era).toBe(kind);
      });
});

test("an unreadable answer is that call's alone, in each era", async () => {
  for (const make of [legacy, modern]) {
    const { initialize, ask } = start(
      make((sent) => (sent.id === 1 ? closedStream("<html>") : result(sent, { text: "fine" }))),
    );
    await initialize();
    await expect(ask("1")).rejects.toMatchObject({ code: "invalid_answer" });
    expect(await ask("2")).toBe("fine");
  }
});

test("nothing is asked any more once it is closed", async () => {
  const { initialize, connection, ask } = start(legacy());
  await initialize();
  await connection.close("end");
  await expect(ask("1")).rejects.toMatchObject({ code: "stream_cut" });
});

test("what the client set is set at a server of another era, whatever becomes of one of the settings", async () => {
  const { initialize, connection, ask, exchange, endpoint } = start(modern());
  await initialize();
  await connection.notify(INITIALIZED);
  for (const [method, params] of [
    ["logging/setLevel", { level: "info" }],
    ["resources/subscribe", { uri: "a:b" }],
    ["resources/subscribe", { uri: "c:d" }],
  ] as const)
    await ask('"s"', method, params);
  exchange(
    legacy((sent) => {
      if (sent.method === "logging/setLevel") return new Promise(() => {});
      return sent.params.uri === "c:d" ? refuse(sent, 200, -32602) : result(sent, { text: "legacy" });
    }),
  );
  expect(await ask("1")).toBe("legacy");
  await until(() => endpoint.count("resources/subscribe") === 2, 2000);
  await until(() => endpoint.logged.includes("resources/subscribe could not be repeated"));
});

test("a server that answers a discovery with what is none is told as that, whoever asks", async () => {
  const odd: Answering = (sent) => result(sent, { hello: "world" });
  const words = "the answer to server/discover names no versions";
  const pinned = { protocol: "2026-07-28" };
  const own = start(odd, { own: true, ...pinned });
  expect(await own.connection.request(callOf("server/discover"))).toMatchObject({
    error: { message: words },
  });
  const client = start(odd, pinned);
  const asked = callOf("server/discover", { params: { _meta: META } });
  expect(await client.connection.request(asked)).toMatchObject({ error: { message: words } });
});
