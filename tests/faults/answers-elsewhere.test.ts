// Answers that do not come where their request was posted, but on the GET stream behind a 202.
import { describe, expect, test } from "bun:test";
import type { ServerResponse } from "node:http";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { json, result, sse, stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { call, cancelled, INITIALIZE, INITIALIZED } from "../support/messages.ts";
import { sleep, until } from "../support/waiting.ts";

const home = homeForEachTest();

describe("a request that was only accepted", () => {
  /** Accepts calls and answers nothing; `offers` says what becomes of a GET. */
  const accepting = async (offers: (response: ServerResponse) => unknown, args: string[] = []) => {
    const server = home.owns(
      await startLegacyServer(({ http, method, id }, response) => {
        if (http === "GET") return offers(response);
        if (method === "tools/call") return response.writeHead(202).end();
        return json(response, result(id));
      }),
    );
    const bridge = startBridge(home, [server.url, ...args]);
    bridge.say(INITIALIZE, INITIALIZED);
    await bridge.answer(1);
    return { server, ...bridge };
  };

  test("is answered on the GET stream, each with its own", async () => {
    let get: ServerResponse | undefined;
    const { server, say, answer } = await accepting((response) => {
      get = stream(response);
      get.write(": here\n\n");
    });
    const ids = Array.from({ length: 20 }, (_, at) => at + 10);
    say(...ids.map((id) => call(id)));
    await until(() => server.count("tools/call") === 20 && get !== undefined);
    for (const id of ids.toReversed()) get?.write(`data: ${result(id, `of ${id}`)}\n\n`);
    for (const id of ids) expect((await answer(id)).result.text).toBe(`of ${id}`);
  });

  test.each(["application/json", "text/event-stream"])(
    "is answered where it was posted, as %s, though there is such a stream",
    async (type) => {
      let isListened = false;
      const server = home.owns(
        await startLegacyServer(({ http, method, id }, response) => {
          if (http === "GET") isListened = stream(response).write(": here\n\n");
          else if (method !== "tools/call") json(response, result(id));
          else {
            response.writeHead(202, { "content-type": type });
            response.end(type === "application/json" ? result(id) : sse(result(id)));
          }
        }),
      );
      const { say, answer } = startBridge(home, [server.url]);
      say(INITIALIZE, INITIALIZED);
      await answer(1);
      await until(() => isListened);
      say(call(2));
      expect((await answer(2)).result.text).toBe("ok");
    },
  );

  test("is answered there, too, where the body says something else", async () => {
    let get: ServerResponse | undefined;
    const server = home.owns(
      await startLegacyServer(({ http, method, id }, response) => {
        if (http === "GET") get = stream(response);
        else if (method !== "tools/call") json(response, result(id));
        else {
          json(response, { message: "accepted" }, 202);
          get?.write(sse(result(id)));
        }
      }),
    );
    const { say, answer } = startBridge(home, [server.url]);
    say(INITIALIZE, INITIALIZED);
    await until(() => get !== undefined);
    say(call(2));
    expect((await answer(2)).result.text).toBe("ok");
  });

  test("is answered on the stream that takes the place of one that was cut", async () => {
    let streams = 0;
    const { say, answer } = await accepting((response) => {
      stream(response).write("retry: 100\n: here\n\n");
      if (++streams === 1) setTimeout(() => response.destroy(), 500);
      else response.write(`data: ${result(2)}\n\n`);
    });
    say(call(2));
    expect((await answer(2)).result.text).toBe("ok");
  });

  test("is an error at once where there is no such stream", async () => {
    const { server, say, answer } = await accepting((response) => response.writeHead(405).end());
    await until(() => server.requests.includes("GET"));
    await sleep(200);
    say(call(2));
    expect((await answer(2)).error.data.code).toBe("content_type");
  });

  test("and as soon as the stream is refused", async () => {
    const { server, say, answer } = await accepting((response) =>
      setTimeout(() => response.writeHead(405).end(), 1500),
    );
    await until(() => server.requests.includes("GET"));
    say(call(2));
    expect((await answer(2)).error.data.code).toBe("content_type");
  });

  test("ends with its time, and is cancelled at the server", async () => {
    const { server, say, answer, end } = await accepting(
      (response) => stream(response).write(": here\n\n"),
      ["--timeout", "1"],
    );
    say(call(2));
    await until(() => server.count("tools/call") === 1);
    say(cancelled(2), call(3));
    expect((await answer(3)).error.data.code).toBe("timeout");
    await until(() => server.count("notifications/cancelled") === 2);
    expect(await end()).toBe(0);
  });
});
