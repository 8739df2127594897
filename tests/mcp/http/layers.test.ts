import { describe, expect, test } from "bun:test";
import { M2mcpError } from "../../../lib/failure.ts";
import type { HttpResponse } from "../../../lib/mcp/http/body.ts";
import { authorize } from "../../../lib/mcp/http/layers/authorize.ts";
import {
  compose,
  composeUponFailure,
  type Layer,
  type LocatedRequest,
  type Send,
} from "../../../lib/mcp/http/layers/layer.ts";
import { reconnect } from "../../../lib/mcp/http/layers/reconnect.ts";
import { redirect } from "../../../lib/mcp/http/layers/redirect.ts";
import { retryLater } from "../../../lib/mcp/http/layers/retry-later.ts";
import { connectionRefused, streamCut } from "../../../lib/net/errors.ts";

const URL_ = "https://server.example/mcp";
const post: LocatedRequest = { method: "POST", url: URL_, headers: {}, body: "{}" };
const get: LocatedRequest = { method: "GET", url: URL_, headers: {} };

type Step = Error | [status: number, headers?: Record<string, string>, body?: string];

/** A `next` that does these steps in turn, the last one for ever; it notes what it was asked. */
function scripted(...steps: Step[]) {
  const asked: LocatedRequest[] = [];
  const discarded: number[] = [];
  const next: Send = async (request) => {
    const step = steps[Math.min(asked.length, steps.length - 1)] ?? [200];
    asked.push(request);
    if (step instanceof Error) throw step;
    const [status, headers = {}, body = ""] = step;
    const at = asked.length;
    const response: HttpResponse = {
      status,
      headers: new Headers(headers),
      async read(take) {
        await take(new TextEncoder().encode(body));
      },
      text: async () => body,
      async discard() {
        discarded.push(at);
      },
    };
    return response;
  };
  return { next, asked, discarded };
}

test("layers are called from the outermost to the innermost", async () => {
  const order: string[] = [];
  const named =
    (name: string): Layer =>
    (next) =>
    (request) => {
      order.push(name);
      return next(request);
    };
  await compose(scripted([200]).next, named("inner"), named("outer"))(post);
  expect(order).toEqual(["outer", "inner"]);
});

describe("reconnect", () => {
  test("tries a refused connection again, and it alone", async () => {
    const { next, asked } = scripted(connectionRefused("h"), connectionRefused("h"), [200]);
    expect((await reconnect(5000)(next)(post)).status).toBe(200);
    expect(asked.length).toBe(3);
    const cut = scripted(streamCut("h"));
    await expect(reconnect(5000)(cut.next)(post)).rejects.toMatchObject({ code: "stream_cut" });
    expect(cut.asked.length).toBe(1);
  });
  test("gives up when the next try would be too late", async () => {
    const { next, asked } = scripted(connectionRefused("h"));
    await expect(reconnect(300)(next)(post)).rejects.toMatchObject({ code: "connection_refused" });
    expect(asked.length).toBe(2);
    const never = scripted(connectionRefused("h"));
    await expect(reconnect(0)(never.next)(post)).rejects.toMatchObject({ code: "connection_refused" });
    expect(never.asked.length).toBe(1);
  });
  test("ends with the request's signal", async () => {
    const reason = new Error("own");
    const abort = new AbortController();
    const sent = reconnect(60_000)(scripted(connectionRefused("h")).next)({ ...post, signal: abort.signal });
    setTimeout(() => abort.abort(reason), 10);
    await expect(sent).rejects.toBe(reason);
  });
});

describe("redirect", () => {
  const to = (status: number, location: string): Step => [status, { location }];
  test("a GET follows each kind within the origin", async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      const { next, asked, discarded } = scripted(to(status, "/mcp/"), [200]);
      expect((await redirect(next)(get)).status).toBe(200);
      expect(asked.map(({ url }) => url)).toEqual([URL_, `${URL_}/`]);
      expect(discarded).toEqual([1]);
    }
  });
  test("a POST follows where its method is kept, body and all", async () => {
    for (const status of [307, 308]) {
      const { next, asked } = scripted(to(status, `${URL_}/`), [200]);
      await redirect(next)(post);
      expect(asked[1]).toMatchObject({ method: "POST", body: "{}", url: `${URL_}/` });
    }
    for (const status of [301, 302, 303]) {
      const { next, asked } = scripted(to(status, `${URL_}/`), [200]);
      await expect(redirect(next)(post)).rejects.toMatchObject({ code: "redirect" });
      expect(asked.length).toBe(1);
    }
  });
  test("nothing is carried to another origin, nor nowhere", async () => {
    for (const location of [
      "https://other.example/mcp",
      "https://server.example:8443/mcp",
      "http://server.example:8080/mcp",
      "file:///etc/passwd",
      "//other.example/mcp",
      "http://[",
    ]) {
      const { next, asked } = scripted(to(307, location), [200]);
      await expect(redirect(next)(get)).rejects.toMatchObject({ code: "redirect" });
      expect(asked.length).toBe(1);
    }
    await expect(redirect(scripted([302]).next)(get)).rejects.toMatchObject({ code: "redirect" });
  });
  test("http in place of https at the same host is followed over https", async () => {
    const { next, asked } = scripted(to(308, "http://server.example/mcp/"), [200]);
    await redirect(next)(post);
    expect(asked[1]?.url).toBe(`${URL_}/`);
  });
  test("ends where it goes round", async () => {
    const { next, asked } = scripted(to(307, URL_));
    await expect(redirect(next)(get)).rejects.toMatchObject({ code: "redirect" });
    expect(asked.length).toBe(4);
  });
  test("one that names no address is not sent again, and other 3xx are answers of their own", async () => {
    for (const step of [[307], to(308, "")] as Step[]) {
      const { next, asked } = scripted(step, [200]);
      await expect(redirect(next)(post)).rejects.toMatchObject({ code: "redirect" });
      expect(asked.length).toBe(1);
    }
    for (const status of [300, 304, 305, 306, 399]) {
      const { next, asked } = scripted(to(status, `${URL_}/`), [200]);
      expect((await redirect(next)(get)).status).toBe(status);
      expect(asked.length).toBe(1);
    }
  });
  test("the reason is told as it is", async () => {
    for (const [step, reason] of [
      [[307], /without an address/],
      [to(307, URL_), /in a circle, last to https:\/\/server/],
      [to(302, `${URL_}/`), /drops what a POST holds/],
      [to(307, "https://other.example/"), /credentials are not carried there/],
    ] as [Step, RegExp][])
      await expect(redirect(scripted(step).next)(post)).rejects.toThrow(reason);
  });
});

describe("retryLater", () => {
  const busy = (after: string | undefined, status = 503, body = ""): Step => [
    status,
    after === undefined ? {} : { "retry-after": after },
    body,
  ];
  const layer = (limitMs = 60_000) => retryLater(limitMs, () => {});
  test("waits as long as the server asks", async () => {
    const { next, asked, discarded } = scripted(busy("0", 429), [200]);
    expect((await layer()(next)(post)).status).toBe(200);
    expect(asked.length).toBe(2);
    expect(discarded).toEqual([1]);
  });
  test("a date is read by the clock of the server, which may be another than this machine's", async () => {
    const [hour, second] = [3_600_000, 1000];
    for (const offMs of [-hour, hour]) {
      const at = (laterMs: number) => new Date(Date.now() + offMs + laterMs).toUTCString();
      const { next, asked } = scripted([503, { date: at(0), "retry-after": at(second) }], [200]);
      const startedMs = performance.now();
      expect((await layer()(next)(post)).status).toBe(200);
      expect(performance.now() - startedMs).toBeGreaterThan(second / 2);
      expect(asked.length).toBe(2);
    }
  });
  test("leaves alone what names no wait, or no readable one", async () => {
    for (const after of [undefined, "1.5", "-1", "soon"]) {
      const { next, asked } = scripted(busy(after));
      expect((await layer()(next)(post)).status).toBe(503);
      expect(asked.length).toBe(1);
    }
  });
  test("refuses a wait beyond the request's time, with the server's words", async () => {
    const { next } = scripted(busy("3000000", 503, '{"message":"closed for the winter"}'));
    await expect(layer()(next)(post)).rejects.toMatchObject({
      code: "retry_later",
      message: expect.stringContaining("closed for the winter"),
    });
    const { next: brief } = scripted(busy("2"));
    await expect(layer()(brief)({ ...post, longestWaitMs: 1000 })).rejects.toMatchObject({
      code: "retry_later",
    });
  });
  test("never asks in a hot loop: a wait of none grows", async () => {
    const { next, asked } = scripted(busy("0"));
    await expect(layer(1000)(next)(post)).rejects.toMatchObject({ code: "retry_later" });
    expect(asked.length).toBeLessThan(9);
  });
  test("a wait of none grows for a stream too, which is asked for beyond the time of other requests", async () => {
    const { next, asked } = scripted(busy("0"));
    const stream = { ...get, longestWaitMs: Number.POSITIVE_INFINITY, signal: AbortSignal.timeout(1000) };
    await expect(layer(1)(next)(stream)).rejects.toMatchObject({ name: "TimeoutError" });
    expect(asked.length).toBeLessThan(9);
  });
});

describe("authorize", () => {
  /** Yields numbered headers; gives up at the refusal of the given number. */
  function authorization(last = 99) {
    const refusals: unknown[] = [];
    const learned: number[] = [];
    return {
      refusals,
      learned,
      async headers({ refusal }: { refusal?: unknown }) {
        if (refusal) refusals.push(refusal);
        if (refusals.length >= last) throw new M2mcpError("not_authorized", 4, "no more");
        return { authorization: `Bearer ${refusals.length}` };
      },
      learn: ({ status }: { status: number }) => void learned.push(status),
    };
  }
  test("adds the headers, and has each answer learnt from", async () => {
    const auth = authorization();
    const { next, asked } = scripted([200]);
    await authorize(auth)(next)({ ...post, headers: { accept: "x" } });
    expect(asked[0]?.headers).toEqual({ accept: "x", authorization: "Bearer 0" });
    expect(auth.learned).toEqual([200]);
  });
  test("puts headers that are at hand together once for all requests of a session, and anew once others are", async () => {
    let current = { authorization: "Bearer 0" };
    const auth = { ...authorization(), current: () => current };
    const { next, asked } = scripted([200], [200], [200], [401], [200]);
    const session = Object.freeze({ "mcp-session-id": "s" });
    const send = authorize(auth)(next);
    for (const headers of [session, session, { "mcp-session-id": "s" }]) await send({ ...post, headers });
    expect(asked[1]?.headers === asked[0]?.headers).toBe(true);
    expect(asked[2]?.headers).toEqual({ "mcp-session-id": "s", authorization: "Bearer 0" });
    expect(session).toEqual({ "mcp-session-id": "s" });
    await send({ ...post, headers: session });
    expect(asked[4]?.headers).toEqual({ "mcp-session-id": "s", authorization: "Bearer 1" });
    current = { authorization: "Bearer 2" };
    await send({ ...post, headers: session });
    expect(asked[5]?.headers).toEqual({ "mcp-session-id": "s", authorization: "Bearer 2" });
  });
  test("asks for others upon a refusal, and shows it with the server's words", async () => {
    const auth = authorization();
    const challenge = { "www-authenticate": 'Bearer error="invalid_token"' };
    const { next, asked } = scripted(
      [401, challenge, '{"message":"revoked"}'],
      [403, {}, "not yours"],
      [400, challenge],
      [200],
    );
    expect((await authorize(auth)(next)(post)).status).toBe(200);
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([0, 1, 2, 3].map((n) => `Bearer ${n}`));
    expect(auth.refusals).toMatchObject([
      { status: 401, wwwAuthenticate: challenge["www-authenticate"], words: "revoked" },
      { status: 403, wwwAuthenticate: null, words: "not yours" },
      { status: 400 },
    ]);
    expect(auth.learned).toEqual([401, 403, 400, 200]);
  });
  test("throws what authorization throws", async () => {
    const { next, asked } = scripted([401]);
    await expect(authorize(authorization(1))(next)(post)).rejects.toMatchObject({ code: "not_authorized" });
    expect(asked.length).toBe(1);
  });
  test("ends where each is refused", async () => {
    const { next, asked } = scripted([401]);
    expect((await authorize(authorization())(next)(post)).status).toBe(401);
    expect(asked.length).toBe(7);
  });
  test("a 400 that names no token is the caller's", async () => {
    for (const headers of [{}, { "www-authenticate": 'Bearer error="invalid_request"' }]) {
      const auth = authorization();
      expect((await authorize(auth)(scripted([400, headers]).next)(post)).status).toBe(400);
      expect(auth.refusals).toEqual([]);
    }
  });
  test("what the caller claims comes back, with its body", async () => {
    const auth = authorization();
    const { next } = scripted([401, {}, "session not found"]);
    const response = await authorize(auth)(next)({
      ...post,
      isNoMatterOfTokens: ({ status, body }) => status === 401 && body.includes("session"),
    });
    expect(response.status).toBe(401);
    expect(await response.text()).toBe("session not found");
    expect(auth.refusals).toEqual([]);
  });
});

describe("layers that act upon failure", () => {
  const noted =
    (seen: string[], name: string): Layer =>
    (next) =>
    async (request) => {
      const response = await next(request).catch((error: Error) => error);
      seen.push(`${name} ${response instanceof Error ? response.message : response.status}`);
      if (response instanceof Error) throw response;
      return response.status === 503 ? next(request) : response;
    };
  test("are not asked where all is well", async () => {
    const seen: string[] = [];
    const { next, asked } = scripted([200]);
    expect((await composeUponFailure(next, noted(seen, "a"))(post)).status).toBe(200);
    expect(seen).toEqual([]);
    expect(asked.length).toBe(1);
  });
  test("see the first failure as their own, then what they send", async () => {
    const seen: string[] = [];
    const { next, asked } = scripted([503], [200]);
    const send = composeUponFailure(next, noted(seen, "inner"), noted(seen, "outer"));
    expect((await send(post)).status).toBe(200);
    expect(seen).toEqual(["inner 503", "outer 200"]);
    expect(asked.length).toBe(2);
  });
  test("see what was thrown, and it is thrown in the end", async () => {
    const seen: string[] = [];
    const { next, asked } = scripted(streamCut("h"));
    await expect(composeUponFailure(next, noted(seen, "a"))(post)).rejects.toMatchObject({
      code: "stream_cut",
    });
    expect(seen.length).toBe(1);
    expect(asked.length).toBe(1);
  });
});
