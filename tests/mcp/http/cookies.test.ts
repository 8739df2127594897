import { describe, expect, test } from "bun:test";
import { cookies, cookieTexts, restoreCookies } from "../../../lib/mcp/http/layers/cookies.ts";
import type { LocatedRequest } from "../../../lib/mcp/http/layers/layer.ts";
import type { Authorization } from "../../../lib/net/authorization.ts";

const SERVER = "https://mcp.example.com/mcp";
const someone = (): Authorization => ({ headers: async () => ({}), learn() {} });

/** Sends requests through the layer; each is answered with what the last argument sets. */
function browser(authorization = someone(), url = SERVER) {
  const sent: (string | undefined)[] = [];
  let set: string[] = [];
  const send = cookies(
    url,
    authorization,
  )(async (request) => {
    sent.push(request.headers.cookie);
    return {
      status: 200,
      headers: new Headers(set.map((cookie) => ["set-cookie", cookie])),
      async read() {},
      text: async () => "",
      async discard() {},
    };
  });
  return {
    sent,
    async ask(answer: string[] = [], request: Partial<LocatedRequest> = {}) {
      set = answer;
      await send({ method: "POST", url, headers: {}, ...request });
      return sent.at(-1);
    },
  };
}

describe("the cookies of the server's origin", () => {
  test("are sent back, the newest of each name, beside the user's own", async () => {
    const { ask } = browser();
    expect(await ask(["replica=1; Path=/; HttpOnly; Secure; SameSite=Lax", "other=x"])).toBeUndefined();
    expect(await ask()).toBe("replica=1; other=x");
    expect(await ask(["replica=2; Path=/"])).toBe("replica=1; other=x");
    expect((await ask([], { headers: { cookie: "mine=1" } }))?.split("; ").sort()).toEqual([
      "mine=1",
      "other=x",
      "replica=2",
    ]);
    await ask(["replica=; Path=/; Max-Age=0"]);
    expect(await ask()).toBe("other=x");
  });

  test("keep to the rules of their path and their host", async () => {
    const { ask } = browser();
    await ask([
      "a=1; Path=/elsewhere",
      "b=1; Domain=example.com",
      "c=1; Domain=other.com",
      "d=1; Domain=com",
      "junk",
    ]);
    expect(await ask()).toBe("b=1");
  });

  test("go to no other origin, and none is taken from there", async () => {
    for (const url of [
      "https://mcp.example.com:8443/mcp",
      "http://mcp.example.com/mcp",
      "https://www.example.com/",
    ]) {
      const { ask } = browser();
      await ask(["a=1; Domain=example.com"]);
      expect(await ask(["b=1"], { url })).toBeUndefined();
      expect(await ask()).toBe("a=1");
    }
  });

  test("belong to who was authorized: another identity has its own", async () => {
    const me = someone();
    await browser(me).ask(["a=1"]);
    expect(await browser(me).ask()).toBe("a=1");
    expect(await browser(someone()).ask()).toBeUndefined();
  });

  test("go on with the session that a later process goes on with", async () => {
    const before = someone();
    await browser(before).ask(["replica=2; Path=/; HttpOnly", "x=1"]);
    const after = someone();
    const saved = cookieTexts({ url: SERVER, authorization: before });
    restoreCookies({ url: SERVER, authorization: after }, JSON.parse(JSON.stringify(saved)));
    expect(cookieTexts({ url: SERVER, authorization: after })).toEqual(saved);
    const { ask } = browser(after);
    expect((await ask(["x=2"]))?.split("; ").sort()).toEqual(["replica=2", "x=1"]);
    expect((await ask())?.split("; ").sort()).toEqual(["replica=2", "x=2"]);
  });

  test("are few and short, whatever a server sets", async () => {
    const { ask } = browser();
    await ask([`long=${"x".repeat(5000)}`, ...Array.from({ length: 500 }, (_, n) => `c${n}=1`)]);
    expect((await ask())?.length).toBeLessThan(1000);
    for (let n = 0; n < 20; n++) await ask([`d${n}=1`, `e${n}=1`]);
    expect((await ask())?.length ?? 0).toBeLessThan(1000);
  });
});
