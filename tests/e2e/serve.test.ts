// `m2mcp serve` as HTTP sees it: who may ask, what is refused with which status, how it begins and ends.
import { expect, test } from "bun:test";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { homeForEachTest } from "../support/home.ts";
import { startCountingServer } from "../support/mcp/counting-server.ts";
import { type Asked, event, reply, stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { complete, startModernServer } from "../support/mcp/scripted-modern.ts";
import {
  call,
  INITIALIZE,
  INITIALIZED,
  initialize,
  type Json,
  META,
  modern,
  notification,
  request as rpc,
} from "../support/messages.ts";
import { startServe } from "../support/serve.ts";
import { sleep, until } from "../support/waiting.ts";
import { logIn, startWorld } from "../support/world.ts";

const home = homeForEachTest();
const HEADERS = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const says = (text: string) => ({ content: [{ type: "text", text }] });

const post = (url: string, message: unknown, headers: Record<string, string> = {}, signal?: AbortSignal) =>
  fetch(url, {
    method: "POST",
    headers: { ...HEADERS, ...headers },
    body: typeof message === "string" ? message : JSON.stringify(message),
    ...(signal ? { signal } : {}),
  });

/** Headers of a modern request, as its body has them. */
const mirrored = (message: Json) => ({
  "mcp-protocol-version": "2026-07-28",
  "mcp-method": message.method,
  ...(message.params?.name ? { "mcp-name": message.params.name } : {}),
});
const postModern = (
  url: string,
  message: object,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
) => post(url, modern(message), { ...mirrored(message), ...headers }, signal);

/** Opens a session; the headers that name it. */
async function open(url: string, version = "2025-11-25"): Promise<Record<string, string>> {
  const response = await post(url, initialize(version));
  expect(response.status).toBe(200);
  const session = {
    "mcp-session-id": response.headers.get("mcp-session-id") ?? "",
    "mcp-protocol-version": version,
  };
  expect((await post(url, INITIALIZED, session)).status).toBe(202);
  return session;
}

const statusOf = async (asked: Promise<Response>) => (await asked).status;

test("serve: a client that knows of no authorization calls a protected server; status and log know it", async () => {
  const world = await startWorld();
  try {
    await logIn(world, home);
    const { url, stop, stderr } = await startServe(home, ["@svc"]);
    expect(stderr()).toMatch(/^serving @svc at http:\/\/127\.0\.0\.1:\d+\/mcp\n$/);
    const session = await open(url);
    expect(await (await post(url, rpc(2, "tools/list"), session)).text()).toContain('"tools"');
    expect(await statusOf(fetch(url.replace("/mcp", "/healthz")))).toBe(200);
    expect(await (await fetch(url.replace("/mcp", "/readyz"))).text()).toBe("ready\n");
    await sleep(1500);
    expect((await home.run(["status"])).stdout).toContain("@svc");
    expect(await stop()).toBe(0);
    expect((await home.run(["logs"])).stdout).toContain("endpoint for @svc");
  } finally {
    await world.end();
  }
});

test("serve: not ready while no token can be had; alive all the same", async () => {
  const world = await startWorld();
  await logIn(world, home);
  await world.end();
  const { url } = await startServe(home, ["@svc", "--timeout", "2"]);
  expect(await statusOf(fetch(url.replace("/mcp", "/healthz")))).toBe(200);
  expect(await statusOf(fetch(url.replace("/mcp", "/readyz")))).toBe(503);
});

test("serve: probes do not pile up at a server that says nothing", async () => {
  let isSilent = false;
  const open = new Set<unknown>();
  const server = home.owns(
    await startLegacyServer((asked, response) => {
      if (!isSilent) return reply(asked, {});
      open.add(response);
      response.on("close", () => open.delete(response));
    }),
  );
  const { url } = await startServe(home, [server.url]);
  const ready = () => statusOf(fetch(url.replace("/mcp", "/readyz")));
  expect(await ready()).toBe(200);
  isSilent = true;
  // What was found before is good for a moment.
  while ((await ready()) === 200) await sleep(100);
  expect(await ready()).toBe(503);
  await until(() => open.size === 0);
}, 60_000);

test("serve: a request that names two hosts, or none where one must be, is refused", async () => {
  const server = home.owns(await startCountingServer());
  const { hostname, port } = new URL((await startServe(home, [server.url])).url);
  const status = (version: string, hosts: string[]) =>
    new Promise<string | undefined>((resolve, reject) => {
      let answer = "";
      const socket = connect(Number(port), hostname, () =>
        socket.write([`GET /healthz HTTP/${version}`, ...hosts, "Connection: close", "", ""].join("\r\n")),
      );
      socket.setEncoding("utf8").on("data", (text: string) => {
        answer += text;
      });
      socket.on("error", reject).on("close", () => resolve(answer.split(" ")[1]));
    });
  const [ours, other] = [`Host: ${hostname}:${port}`, "host: evil.example"];
  expect(await status("1.1", [ours])).toBe("200");
  expect(await status("1.0", [])).toBe("200");
  for (const hosts of [[], [ours, other], [other, ours], [ours, ours]])
    expect([hosts, await status("1.1", hosts)]).toEqual([hosts, "400"]);
  expect(await status("1.0", [ours, other])).toBe("400");
});

test("serve: other hosts' names, other origins and what is no endpoint are refused", async () => {
  const server = home.owns(await startCountingServer());
  const { url } = await startServe(home, [server.url, "--allow-host", "agents.internal"]);
  const asked = (headers: Record<string, string>) =>
    new Promise<number>((resolve, reject) => {
      const { hostname, port } = new URL(url);
      const outgoing = request(
        { hostname, port, path: "/mcp", method: "POST", headers: { ...HEADERS, ...headers } },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        },
      );
      outgoing.on("error", reject);
      outgoing.end(JSON.stringify(INITIALIZE));
    });
  expect(await asked({})).toBe(200);
  expect(await asked({ host: "agents.internal:80" })).toBe(200);
  expect(await asked({ host: "evil.example" })).toBe(403);
  expect(await asked({ host: "localhost.evil.example" })).toBe(403);
  expect(await asked({ origin: "http://localhost:3000" })).toBe(200);
  for (const origin of ["http://evil.example", "null", "http://127.0.0.1.evil.example", ""])
    expect([origin, await asked({ origin })]).toEqual([origin, 403]);
  expect(await statusOf(fetch(new URL("/", url)))).toBe(404);
});

test("serve: where it listens is told without what is secret in the server's address", async () => {
  const server = home.owns(await startCountingServer());
  const { stderr, url } = await startServe(home, [`${server.url}?key=q7hidden`]);
  await open(url);
  expect(stderr()).toContain("/mcp?key=… at http://");
  expect(stderr()).not.toContain("q7hidden");
});

test("serve: a bearer guards it, and is wanted beyond this machine", async () => {
  const server = home.owns(await startCountingServer());
  const file = join(home.folder, "bearer");
  writeFileSync(file, "s3cret\n", { mode: 0o600 });
  const { url, stderr } = await startServe(home, [server.url, "--bearer-file", file]);
  const refused = await post(url, INITIALIZE);
  expect(refused.status).toBe(401);
  expect(refused.headers.get("www-authenticate")).toBe("Bearer");
  for (const authorization of ["Bearer s3cret2", "Basic s3cret", "s3cret"])
    expect(await statusOf(post(url, INITIALIZE, { authorization }))).toBe(401);
  expect(await statusOf(post(url, INITIALIZE, { authorization: "Bearer s3cret" }))).toBe(200);
  expect(stderr()).not.toContain("s3cret");
  const { code, stderr: why } = await home.run(["serve", server.url, "--listen", "0.0.0.0:0"]);
  expect([code, why]).toEqual([1, expect.stringContaining("--bearer-file")]);
});

test("serve: what is no place to listen, and one that is taken, are said so", async () => {
  const server = home.owns(await startCountingServer());
  for (const listen of ["8080", "host", "127.0.0.1:70000", "unix:"])
    expect((await home.run(["serve", server.url, "--listen", listen])).code).toBe(1);
  const { host } = new URL(server.url);
  const taken = await home.run(["serve", server.url, "--listen", host]);
  expect([taken.code, taken.stderr]).toEqual([1, expect.stringContaining(`cannot listen on ${host}`)]);
});

test("serve: a socket is closed to other users whatever the umask, unless a bearer is wanted of them", async () => {
  const server = home.owns(await startCountingServer());
  const bearer = join(home.folder, "bearer");
  writeFileSync(bearer, "word");
  const before = process.umask(0);
  try {
    for (const [name, more, mode] of [
      ["own", [], 0o770],
      ["guarded", ["--bearer-file", bearer], 0o777],
    ] as const) {
      const path = join(home.folder, `${name}.sock`);
      const { stop } = await startServe(home, [server.url, "--listen", `unix:${path}`, ...more]);
      expect([name, statSync(path).mode & 0o777]).toEqual([name, mode]);
      await stop();
    }
  } finally {
    process.umask(before);
  }
});

test("serve: a socket of a killed process is taken over, and goes with its own", async () => {
  const server = home.owns(await startCountingServer());
  const path = join(home.folder, "s.sock");
  const first = await startServe(home, [server.url, "--listen", `unix:${path}`]);
  await first.kill();
  expect(existsSync(path)).toBe(true);
  const { stop } = await startServe(home, [server.url, "--listen", `unix:${path}`]);
  const answer = await fetch("http://anything/mcp", {
    method: "POST",
    headers: HEADERS,
    body: JSON.stringify(INITIALIZE),
    unix: path,
  } as RequestInit);
  expect(answer.status).toBe(200);
  expect(await stop()).toBe(0);
  expect(existsSync(path)).toBe(false);
});

test("serve: what a legacy client sends wrongly is refused with the status that the protocol has for it", async () => {
  const server = home.owns(await startCountingServer());
  const { url } = await startServe(home, [server.url]);
  const session = await open(url);
  const ping = rpc(9, "ping");
  const cases: [name: string, asked: Promise<Response>, status: number][] = [
    ["no session", post(url, ping), 400],
    ["a session that is none", post(url, ping, { "mcp-session-id": "m2mcp.AAAA" }), 404],
    [
      "a session that was changed",
      post(url, ping, { ...session, "mcp-session-id": `${session["mcp-session-id"]}A` }),
      404,
    ],
    ["a server's own session", post(url, ping, { ...session, "mcp-session-id": "s1" }), 404],
    ["an unknown version", post(url, ping, { ...session, "mcp-protocol-version": "1999-01-01" }), 400],
    ["accepts no stream", post(url, ping, { ...session, accept: "application/json" }), 406],
    ["another type", post(url, ping, { ...session, "content-type": "text/plain" }), 415],
    ["no JSON", post(url, "{", session), 400],
    ["no message", post(url, "{}", session), 400],
    ["a batch in a version without", post(url, [ping], session), 400],
    ["initialize in a batch", post(url, [INITIALIZE], session), 400],
    ["GET that accepts no stream", fetch(url, { headers: { ...session, accept: "application/json" } }), 406],
    ["GET without a session", fetch(url, { headers: { accept: "text/event-stream" } }), 400],
    ["PUT", fetch(url, { method: "PUT", headers: session }), 405],
    ["all is well", post(url, ping, session), 200],
    ["a notification", post(url, notification("notifications/x"), session), 202],
  ];
  for (const [name, asked, status] of cases) expect([name, await statusOf(asked)]).toEqual([name, status]);
  expect(await statusOf(fetch(url, { method: "DELETE", headers: session }))).toBe(200);
  expect(await statusOf(post(url, ping, session))).toBe(404);
});

test("serve: batches are answered where the version has them", async () => {
  const server = home.owns(
    await startLegacyServer((asked) => reply(asked, says(asked.params.name)), {
      handshake: { protocolVersion: "2025-03-26" },
    }),
  );
  const { url } = await startServe(home, [server.url]);
  const session = await open(url, "2025-03-26");
  const answer = await (
    await post(url, [call(1, "a"), notification("notifications/x"), call(2, "b")], session)
  ).json();
  expect(answer.map((one: Json) => [one.id, one.result.content[0].text])).toEqual([
    [1, "a"],
    [2, "b"],
  ]);
});

test("serve: what a modern client's headers say must be what its body says", async () => {
  const server = home.owns(await startModernServer());
  Object.assign(server.methods, {
    "tools/list": (asked: Asked) =>
      complete(asked, {
        tools: [
          {
            name: "x",
            inputSchema: {
              type: "object",
              properties: {
                region: { type: "string", "x-mcp-header": "Region" },
                n: { type: "integer", "x-mcp-header": "N" },
              },
            },
          },
        ],
      }),
    "tools/call": (asked: Asked) => complete(asked, says("hi")),
  });
  const { url } = await startServe(home, [server.url]);
  expect(await statusOf(postModern(url, rpc(0, "tools/list")))).toBe(200);
  const asking = call(1, "x");
  const error = async (asked: Promise<Response>) => {
    const response = await asked;
    return [response.status, (await response.json()).error?.code];
  };
  expect(await error(postModern(url, asking))).toEqual([200, undefined]);
  expect(await error(postModern(url, asking, { "mcp-method": "tools/list" }))).toEqual([400, -32020]);
  expect(await error(postModern(url, asking, { "mcp-name": "y" }))).toEqual([400, -32020]);
  expect(await error(postModern(url, asking, { "mcp-name": "=?base64?eA==?=" }))).toEqual([200, undefined]);
  // A task too is led by its header (MCP Tasks extension, "Routing Headers").
  Object.assign(server.methods, { "tasks/get": (asked: Asked) => complete(asked, { taskId: "t" }) });
  const task = rpc(3, "tasks/get", { taskId: "t" });
  expect(await error(postModern(url, task, { "mcp-name": "t" }))).toEqual([200, undefined]);
  expect(await error(postModern(url, task, { "mcp-name": "u" }))).toEqual([400, -32020]);
  expect(await error(postModern(url, asking, { "mcp-protocol-version": "2025-11-25" }))).toEqual([
    400, -32020,
  ]);
  for (const lacking of ["protocolVersion", "clientCapabilities"]) {
    const { [`io.modelcontextprotocol/${lacking}`]: _, ..._meta } = META as Json;
    const bare = { ...asking, params: { ...asking.params, _meta } };
    expect([lacking, await error(post(url, bare, mirrored(asking)))]).toEqual([lacking, [400, -32602]]);
  }
  const withRegion = call(2, "x", { region: "eu" });
  expect(await error(postModern(url, withRegion))).toEqual([400, -32020]);
  expect(await error(postModern(url, withRegion, { "mcp-param-region": "us" }))).toEqual([400, -32020]);
  expect(await error(postModern(url, withRegion, { "mcp-param-region": "eu" }))).toEqual([200, undefined]);
  // Numbers are compared as numbers, and texts as texts.
  const withOne = (argument: object, header: Record<string, string>) =>
    error(postModern(url, call(4, "x", argument), header));
  expect(await withOne({ n: 42 }, { "mcp-param-n": "42.0" })).toEqual([200, undefined]);
  expect(await withOne({ n: 42 }, { "mcp-param-n": "0x2a" })).toEqual([400, -32020]);
  expect(await withOne({ region: "42" }, { "mcp-param-region": "42.0" })).toEqual([400, -32020]);
  for (const [coded, code] of [
    ["ZXU=", undefined],
    ["ZXU", -32020],
    ["ZX!U=", -32020],
  ] as const) {
    const [, was] = await error(postModern(url, withRegion, { "mcp-param-region": `=?base64?${coded}?=` }));
    expect([coded, was]).toEqual([coded, code]);
  }
  expect(await statusOf(fetch(url, { headers: { ...mirrored(asking), accept: "text/event-stream" } }))).toBe(
    405,
  );
});

test("serve: a modern client that goes away cancels; a legacy one does not", async () => {
  const server = home.owns(await startModernServer());
  let closed = 0;
  Object.assign(server.methods, {
    "tools/call": (asked: Asked) => void asked.response.on("close", () => closed++),
  });
  const { url } = await startServe(home, [server.url]);
  const leave = new AbortController();
  const asked = postModern(url, call(1, "x"), {}, leave.signal).catch(() => {});
  await until(() => server.requests.some((one) => one.includes("tools/call")));
  leave.abort();
  await asked;
  await until(() => closed === 1);

  const told: string[] = [];
  const legacy = home.owns(
    await startLegacyServer(
      async (one) => {
        await sleep(500);
        told.push("answered");
        reply(one, says("late"));
      },
      { before: ({ method }) => void told.push(method) },
    ),
  );
  const other = await startServe(home, [legacy.url]);
  const session = await open(other.url);
  const away = new AbortController();
  const gone = post(other.url, call(1), session, away.signal).catch(() => {});
  await until(() => told.includes("tools/call"));
  away.abort();
  await gone;
  await until(() => told.includes("answered"));
  expect(told).not.toContain("notifications/cancelled");
});

test("serve: a stream of the server's goes through as it comes, with the ids it can be resumed by", async () => {
  const resumed: unknown[] = [];
  const server = home.owns(
    await startLegacyServer((asked, response, incoming) => {
      if (asked.http === "GET") {
        resumed.push(incoming.headers["last-event-id"]);
        const open = stream(response);
        open.write(`id: e3\ndata: ${JSON.stringify({ jsonrpc: "2.0", id: 5, result: says("again") })}\n\n`);
        return;
      }
      const open = stream(response);
      open.write("id: e1\nretry: 700\ndata: \n\n");
      open.write(
        `id: e2\ndata: ${JSON.stringify(notification("notifications/progress", { progress: 1, progressToken: 1 }))}\n\n`,
      );
    }),
  );
  const { url } = await startServe(home, [server.url]);
  const session = await open(url);
  const away = new AbortController();
  const response = await post(url, call(5), session, away.signal);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let heard = "";
  while (!heard.includes("progressToken")) heard += (await reader?.read())?.value ?? "";
  expect(heard).toStartWith("retry: 700\nid: e1\ndata: \n\nid: e2\ndata: {");
  away.abort();
  const again = await fetch(url, {
    headers: { ...session, accept: "text/event-stream", "last-event-id": "e2" },
  });
  const more = await again.body?.pipeThrough(new TextDecoderStream()).getReader().read();
  expect(more?.value).toContain("id: e3\ndata: ");
  expect(more?.value).toContain("again");
  expect(resumed).toEqual(["e2"]);
});

test("serve: a session that the server forgot is opened again, and the client told the new id", async () => {
  let forgets = false;
  const server = home.owns(
    await startLegacyServer((asked) => {
      if (forgets && asked.session === "s1") return asked.response.writeHead(404).end();
      reply(asked, says(String(asked.session)));
    }),
  );
  const { url } = await startServe(home, [server.url]);
  const session = await open(url);
  expect(await (await post(url, call(1), session)).text()).toContain("s1");
  forgets = true;
  const answer = await post(url, call(2), session);
  expect(await answer.text()).toContain("s2");
  const id = answer.headers.get("mcp-session-id") ?? "";
  expect(id).toStartWith("m2mcp.");
  expect(id).not.toBe(session["mcp-session-id"]);
  expect(await (await post(url, call(3), { ...session, "mcp-session-id": id })).text()).toContain("s2");
});

test("serve: tools that are denied are neither listed nor called, on whatever stream", async () => {
  const tools = ["good", "bad"].map((name) => ({ name, inputSchema: { type: "object" } }));
  const server = home.owns(
    await startLegacyServer((asked, response) => {
      if (asked.http === "GET") return event(stream(response), { id: 7, result: { tools } });
      reply(asked, asked.method === "tools/list" ? { tools } : says("called"));
    }),
  );
  const { url } = await startServe(home, [server.url, "--deny-tool", "bad"]);
  const session = await open(url);
  expect(await (await post(url, rpc(1, "tools/list"), session)).text()).not.toContain("bad");
  expect(await (await post(url, call(2, "bad"), session)).text()).toContain("error");
  expect(server.requests.filter((one) => one.includes("tools/call"))).toEqual([]);
  const over = new AbortController();
  const get = await fetch(url, {
    headers: { ...session, accept: "text/event-stream", "last-event-id": "x" },
    signal: over.signal,
  });
  const first = await Promise.race([get.text().catch(() => ""), sleep(500).then(() => "")]);
  expect(first).not.toContain("bad");
  over.abort();
});

test("serve: what is under way is answered when it is told to end; what comes then is not taken", async () => {
  const server = home.owns(
    await startLegacyServer(async (asked) => {
      if (asked.http === "GET") return void stream(asked.response);
      await sleep(800);
      reply(asked, says("done"));
    }),
  );
  const { url, stop } = await startServe(home, [server.url]);
  const session = await open(url);
  const get = fetch(url, { headers: { ...session, accept: "text/event-stream" } }).then((one) => one.text());
  const asked = post(url, call(1), session);
  await sleep(200);
  const ended = stop();
  await sleep(200);
  const { hostname, port } = new URL(url);
  const fresh = connect(Number(port), hostname);
  expect(
    await new Promise((resolve) =>
      fresh.on("connect", () => resolve("taken")).on("error", () => resolve("refused")),
    ),
  ).toBe("refused");
  expect(await (await asked).text()).toContain("done");
  await get.catch(() => {});
  expect(await ended).toBe(0);
  // Its client goes on elsewhere.
  expect(server.requests).not.toContain("DELETE");
});

test("serve: bodies and heads that are too long are refused, at once", async () => {
  const server = home.owns(await startCountingServer());
  const { url } = await startServe(home, [server.url]);
  const { hostname, port } = new URL(url);
  const firstLine = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.write(text));
      socket.once("data", (data) => {
        resolve(String(data).split("\r\n")[0] ?? "");
        socket.destroy();
      });
      socket.on("error", reject);
      socket.on("close", () => resolve("closed"));
    });
  const head = `POST /mcp HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n`;
  expect(await firstLine(`${head}Content-Length: 99999999999\r\n\r\n`)).toContain("413");
  expect(await firstLine(`${head}X: ${"a".repeat(100_000)}\r\n\r\n`)).toContain("431");
  expect(await statusOf(post(url, INITIALIZE))).toBe(200);
});

test("serve: who sends all of a body that is too long finds the answer, and the connection as it was", async () => {
  const server = home.owns(await startCountingServer());
  const { url } = await startServe(home, [server.url]);
  const { hostname, port } = new URL(url);
  const body = Buffer.alloc(65 * 1024 * 1024, "x");
  const head = `POST /mcp HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n`;
  const chunked = [`${body.length.toString(16)}\r\n`, body, "\r\n0\r\n\r\n"];
  for (const parts of [
    [`${head}Content-Length: ${body.length}\r\n\r\n`, body],
    [`${head}Transfer-Encoding: chunked\r\n\r\n`, ...chunked],
  ]) {
    const heard = await new Promise<string>((resolve) => {
      let text = "";
      const socket = connect(Number(port), hostname, () => {
        for (const part of parts) socket.write(part);
        socket.write(`GET /healthz HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`);
      });
      socket.on("data", (data) => {
        text += data;
      });
      socket.on("error", (error) => {
        text += error;
      });
      socket.on("close", () => resolve(text));
    });
    expect(heard.match(/HTTP\/1\.1 \d+|\w*Error.*/g)).toEqual(["HTTP/1.1 413", "HTTP/1.1 200"]);
  }
  // One that wants the connection closed has it until all is sent.
  for (const [framing, before, after] of [
    [`Content-Length: ${body.length + 1}`, "", "x"],
    ["Transfer-Encoding: chunked", `${body.length.toString(16)}\r\n`, "\r\n0\r\n\r\n"],
  ]) {
    let heard = "";
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    const closed = new Promise<void>((resolve) => {
      for (const name of ["end", "error", "close"]) socket.on(name, () => resolve());
    });
    socket.on("data", (data) => {
      heard += data;
    });
    void closed.then(() => {
      heard += " closed";
    });
    socket.write(`${head}Connection: close\r\n${framing}\r\n\r\n${before}`);
    for (let at = 0; at < body.length; at += 1 << 20)
      await new Promise((resolve) => socket.write(body.subarray(at, at + (1 << 20)), resolve));
    await until(() => heard !== "");
    // What was closed would be known by then.
    await sleep(200);
    expect(heard).toStartWith("HTTP/1.1 413");
    expect(heard).not.toContain(" closed");
    socket.write(`${after}`);
    await closed;
    socket.destroy();
  }
});

test("serve: what is refused and goes on with its body is heard for some seconds; what ends keeps its connection", async () => {
  const server = home.owns(await startCountingServer());
  const { url } = await startServe(home, [server.url]);
  const { hostname, port } = new URL(url);
  const head = `POST /nothing HTTP/1.1\r\nHost: ${hostname}\r\nContent-Length: 200\r\n\r\n`;
  /** Sends a byte of the body by and by. @returns the answers, once the connection is closed */
  const answersTo = (first: string, then: string) =>
    new Promise<number>((resolve) => {
      let heard = "";
      const socket = connect(Number(port), hostname, () => socket.write(head + first));
      const drip = setInterval(() => socket.write(then), 100);
      socket.on("data", (data) => {
        heard += data;
        if (heard.split("HTTP/1.1 404").length > 3) socket.destroy();
      });
      socket.on("error", () => {});
      socket.on("close", () => {
        clearInterval(drip);
        resolve(heard.split("HTTP/1.1 404").length - 1);
      });
    });
  const startedMs = performance.now();
  const whole = "x".repeat(200);
  expect(await answersTo(whole, head + whole)).toBe(3);
  expect(await answersTo("", "x")).toBe(1);
  expect(performance.now() - startedMs).toBeLessThan(15_000);
}, 30_000);
