// What a server asks its client through a process of `m2mcp serve` that is killed before the answer: other processes take
// the answer to the server, and the result to the client; official clients of both eras.
import { expect, test } from "bun:test";
import { homeForEachTest } from "../support/home.ts";
import { startFullLegacyServer } from "../support/mcp/full-legacy-server.ts";
import { startFullModernServer } from "../support/mcp/full-modern-server.ts";
import type { Asked } from "../support/mcp/scripted.ts";
import { complete, startModernServer } from "../support/mcp/scripted-modern.ts";
import { call, initialize, notification, request } from "../support/messages.ts";
import { freePort } from "../support/net/listen.ts";
import { hasNginx, startNginx } from "../support/net/nginx.ts";
import { httpClient, startReplicas } from "../support/replicas-by-hand.ts";
import { type AnyClient, type ConnectOptions, connectLegacy, connectModern } from "../support/sdk-clients.ts";
import { startRoundRobin, startServe } from "../support/serve.ts";
import { sleep, until } from "../support/waiting.ts";

const home = homeForEachTest();
const env = { M2MCP_PASSPHRASE: "one for all" };
const LIMIT_MS = 60_000;

interface Server {
  url: string;
  /** Profiles, where there are several. */
  names?: string[];
  stop(): unknown;
}

/** A client whose requests go to one process, and after `kill()` to others, in turn. */
async function killable(
  server: Server,
  options: Partial<ConnectOptions> = {},
  era: "legacy" | "modern" = "legacy",
  ...more: string[]
) {
  home.owns(server);
  const port = await freePort();
  const start = (at = 0) =>
    startServe(home, [...(server.names ?? [server.url]), "--listen", `127.0.0.1:${at}`, ...more], { env });
  const first = await start(port);
  const front = home.owns(await startRoundRobin([first.url]));
  const connect = era === "legacy" ? connectLegacy : connectModern;
  const it = await connect({ url: server.url, env: home.env, served: front.url, ...options });
  home.owns({ stop: () => it.close() });
  return {
    it,
    /** @param how two others take its place, or it comes back under its address */
    async kill(how: "others" | "itself" | "ended" = "others") {
      const others = how === "itself" ? [] : await Promise.all([start(), start()]);
      if (others.length > 0) front.targets.splice(0, 1, ...others.map(({ url }) => url));
      if (how === "ended") return void first.stop();
      await first.kill();
      if (how === "itself") await start(port);
    },
  };
}

/** Lets the client's answers wait. @returns what lets them go */
function ponder(it: AnyClient): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  it.pondering = promise;
  return resolve;
}

const textOf = (result: unknown) => (result as { content?: { text: string }[] }).content?.[0]?.text;

const TOOLS: [tool: string, said: string, questions: number][] = [
  ["ask", "accept Ada", 1],
  ["sample", '{"type":"text","text":"Paris"}', 1],
  ["roots", "file:///work", 1],
  ["ask-both", "Ada file:///work", 2],
  ["ask-thrice", "Ada Ada Ada", 3],
];
const SERVERS = {
  "a legacy server whose streams can be resumed": () => startFullLegacyServer("http", true),
  "a server of 2026-07-28": () => startFullModernServer(),
};

for (const [era, name, start] of (["legacy", "modern"] as const).flatMap((era) =>
  Object.entries(SERVERS).map(([name, start]) => [era, name, start] as const),
))
  for (const [tool, said, questions] of TOOLS)
    for (const how of ["others", "itself"] as const)
      test(
        `a ${era} client at ${name}, ${tool}: killed at the question, ${how === "others" ? "two others go" : "started again, it goes"} on with the answer`,
        async () => {
          const { it, kill } = await killable(await start(), {}, era);
          const answer = ponder(it);
          const calling = it.call(tool);
          await until(() => it.asked.length > 0);
          await kill(how);
          answer();
          expect(textOf(await calling)).toBe(said);
          expect(it.asked.length).toBe(questions);
        },
        LIMIT_MS,
      );

test(
  "a legacy client that keeps its first id, at a server of 2026-07-28: the result finds it at whichever process has that",
  async () => {
    const { it, kill } = await killable(await startFullModernServer(), { keepsFirstId: true });
    const answer = ponder(it);
    const calling = it.call("ask-thrice");
    await until(() => it.asked.length > 0);
    await kill();
    answer();
    expect(textOf(await calling)).toBe("Ada Ada Ada");
    expect(it.asked.length).toBe(3);
  },
  LIMIT_MS,
);

for (const transport of ["http", "sse"] as const)
  test(
    `a legacy client at a legacy server, ${transport}, whose streams cannot be resumed: killed at the question, the client is told at once`,
    async () => {
      const server = await startFullLegacyServer(transport);
      const { it, kill } = await killable(server);
      const answer = ponder(it);
      const calling = it.call("ask").catch(String);
      await until(() => it.asked.length === 1);
      await kill();
      expect(String(await calling)).toContain("not known");
      answer();
      it.pondering = undefined;
      expect(textOf(await it.call("echo", { text: "alive" }))).toBe("alive");
      expect(textOf(await it.call("ask"))).toBe("accept Ada");
    },
    LIMIT_MS,
  );

test(
  "a legacy client at a server of 2026-07-28: killed while it works, after a question, the client is told; nothing is called twice",
  async () => {
    const server = await startModernServer();
    let calls = 0;
    Object.assign(server.methods, {
      "tools/call": (asked: Asked) => {
        if (asked.params.inputResponses) return calls++;
        const inputRequests = { who: { method: "roots/list" } };
        complete(asked, { resultType: "input_required", inputRequests, requestState: "1.0e5" });
      },
    });
    const { it, kill } = await killable(server);
    const calling = it.call("work").catch(String);
    await until(() => calls === 1);
    await kill();
    expect(String(await calling)).toContain("not known");
    expect([calls, it.asked.length]).toEqual([1, 1]);
  },
  LIMIT_MS,
);

test(
  "a question is gone on with as it was: numbers, state and answers to the digit",
  async () => {
    const server = await startModernServer();
    const texts: string[] = [];
    Object.assign(server.methods, {
      "tools/call": (asked: Asked) => {
        texts.push(asked.text);
        if (asked.params.inputResponses?.second)
          return complete(asked, { content: [{ type: "text", text: "done" }] });
        const inputRequests = { first: { method: "roots/list" }, second: { method: "roots/list" } };
        complete(asked, { resultType: "input_required", inputRequests, requestState: "s=1.0" });
      },
    });
    const { it, kill } = await killable(server);
    const answer = ponder(it);
    const calling = it.call("work", { n: 0.1, text: "ü\u2028" });
    await until(() => it.asked.length === 1);
    await kill();
    answer();
    expect(textOf(await calling)).toBe("done");
    const [before, after] = texts.map((text) => JSON.parse(text).params);
    const { inputResponses, requestState, ...rest } = after;
    expect(rest).toEqual(before);
    expect(requestState).toBe("s=1.0");
    expect(Object.keys(inputResponses)).toEqual(["first", "second"]);
    expect(texts.length).toBe(2);
  },
  LIMIT_MS,
);

for (const transport of ["http", "sse"] as const)
  test(
    `a modern client at a legacy server, ${transport}, whose streams cannot be resumed: killed at the question, the client is told to call again`,
    async () => {
      const server = await startFullLegacyServer(transport);
      const { it, kill } = await killable(server, {}, "modern");
      const answer = ponder(it);
      const calling = it.call("ask").catch(String);
      await until(() => it.asked.length === 1);
      await kill();
      answer();
      expect(String(await calling)).toContain("call again");
      it.pondering = undefined;
      // The answer was not given to a call that nobody waits for.
      expect(server.seen.answers).toEqual([]);
      expect(textOf(await it.call("ask"))).toBe("accept Ada");
    },
    LIMIT_MS,
  );

test(
  "a modern client at a legacy server that wants a visit to an address: killed before that, the call is sent again after it",
  async () => {
    const server = await startFullLegacyServer("http");
    const { it, kill } = await killable(server, {}, "modern");
    const answer = ponder(it);
    const calling = it.call("need-url");
    await until(() => it.asked.length === 1);
    await kill();
    answer();
    expect(textOf(await calling)).toBe("let in");
  },
  LIMIT_MS,
);

for (const [name, start] of Object.entries(SERVERS))
  test(
    `a legacy client at ${name}, with a filter before it: killed at the question, others go on with the answer`,
    async () => {
      const { it, kill } = await killable(await start(), {}, "legacy", "--deny-tool", "echo");
      const answer = ponder(it);
      const calling = it.call("ask-slowly", {}, { onprogress() {} });
      await until(() => it.asked.length > 0);
      await kill();
      answer();
      expect(textOf(await calling)).toBe("accept Ada");
      expect(it.asked.length).toBe(1);
      expect(JSON.stringify(await it.request("tools/list"))).not.toContain('"echo"');
    },
    LIMIT_MS,
  );

for (const [name, start] of Object.entries(SERVERS))
  for (const era of ["legacy", "modern"] as const)
    test(
      `a ${era} client at ${name}: a process that is asked to end at the question leaves it to the others`,
      async () => {
        const { it, kill } = await killable(await start(), {}, era);
        const answer = ponder(it);
        const calling = it.call("ask");
        await until(() => it.asked.length > 0);
        await kill("ended");
        answer();
        const startedMs = performance.now();
        expect(textOf(await calling)).toBe("accept Ada");
        // It would answer for 25 s.
        expect(performance.now() - startedMs).toBeLessThan(20_000);
        expect(it.asked.length).toBe(1);
      },
      LIMIT_MS,
    );

test.skipIf(!hasNginx)(
  "three processes behind nginx, killed one after the other while a question is open: the client is asked once, and has its result",
  async () => {
    const server = home.owns(await startFullModernServer());
    const ports = await Promise.all([freePort(), freePort(), freePort()]);
    const start = (port: number) => startServe(home, [server.url, "--listen", `127.0.0.1:${port}`], { env });
    const replicas = await Promise.all(ports.map(start));
    const nginx = home.owns(await startNginx(ports));
    for (const connect of [connectLegacy, connectModern]) {
      const it = await connect({ url: server.url, env: home.env, served: nginx.url });
      const answer = ponder(it);
      const calling = it.call("ask");
      await until(() => it.asked.length > 0);
      for (const [at, port] of ports.entries()) {
        await replicas[at]?.kill();
        replicas[at] = await start(port);
        await sleep(700);
      }
      answer();
      expect(textOf(await calling)).toBe("accept Ada");
      expect(it.asked.length).toBe(1);
      await it.close();
    }
  },
  LIMIT_MS,
);

for (const era of ["legacy", "modern"] as const)
  test(
    `a ${era} client at several servers as one: killed at a question of each, the others go on with the answer`,
    async () => {
      const servers = {
        old: home.owns(await startFullLegacyServer("http", true)),
        recent: home.owns(await startFullModernServer()),
      };
      for (const [profile, { url }] of Object.entries(servers))
        await home.run(["connect", url, `@${profile}`]);
      await home.run(["store", "move", "--to", "file"]);
      for (const at of ["old", "recent"] as const) {
        const server = { ...servers[at], names: ["@old", "@recent"], stop() {} };
        const { it, kill } = await killable(server, {}, era, "--prefix", "always");
        const answer = ponder(it);
        const calling = it.call(`${at}_ask`);
        await until(() => it.asked.length > 0);
        await kill();
        answer();
        expect([at, textOf(await calling)]).toEqual([at, "accept Ada"]);
        expect(it.asked.length).toBe(1);
      }
    },
    LIMIT_MS,
  );

/** A server that works once it has the client's roots; a client that keeps its first id, asked by a process that is killed. */
async function askedByHand() {
  const server = home.owns(await startModernServer());
  Object.assign(server.methods, {
    "tools/call": (asked: Asked) =>
      asked.params.inputResponses
        ? complete(asked, { content: [{ type: "text", text: "worked" }] })
        : complete(asked, {
            resultType: "input_required",
            inputRequests: { who: { method: "roots/list" } },
            requestState: "s",
          }),
  });
  const replicas = await startReplicas(home, server.url, 2);
  const it = httpClient("keeps its first id");
  await it.open(replicas.url(0), { roots: {} });
  const { id, place } = await it.untilAsked(replicas.url(0), call(7));
  const answer = { jsonrpc: "2.0", id, result: { roots: [] } };
  return { server, replicas, it, place, answer };
}

test(
  "a result waits for a client at the process that has it, though the one that held the session is back",
  async () => {
    const { server, replicas, it, place, answer } = await askedByHand();
    await replicas.end(0);
    expect((await it.post(replicas.url(1), answer)).status).toBe(202);
    // Again, as a balancer may send it: once is once.
    expect((await it.post(replicas.url(1), answer)).status).toBe(202);
    await replicas.restart(0);
    // The client has its first id, which names the one that is back: from now on that holds the session.
    await sleep(10_500);
    await it.ask(replicas.url(1), request(8, "ping", {}));
    const elsewhere = await it.back(replicas.url(0), place);
    expect(elsewhere.text).toMatch(/^retry: \d+\nid: \S+\ndata: \n\n$/);
    expect((await it.back(replicas.url(1), place)).text).toContain("worked");
    expect((await it.back(replicas.url(1), place)).text).not.toContain("worked");
    expect(server.count("tools/call")).toBe(2);
  },
  LIMIT_MS,
);

test(
  "a call that was cancelled after its process was killed is not gone on with, whatever is answered",
  async () => {
    const { server, replicas, it, place, answer } = await askedByHand();
    await replicas.end(0);
    const cancelled = notification("notifications/cancelled", { requestId: 7 });
    expect((await it.post(replicas.url(1), cancelled)).status).toBe(202);
    expect((await it.post(replicas.url(1), answer)).status).toBe(202);
    expect((await it.back(replicas.url(1), place)).status).toBe(405);
    expect(server.count("tools/call")).toBe(1);
  },
  LIMIT_MS,
);

test(
  "a client whose stream broke off, and not its process, comes back for the rest of it, through any other process",
  async () => {
    const { server, replicas, it, place, answer } = await askedByHand();
    const rest = it.back(replicas.url(1), place);
    expect((await it.post(replicas.url(1), answer)).status).toBe(202);
    const { status, text } = await rest;
    expect([status, text.includes("worked")]).toEqual([200, true]);
    // What is over has no rest.
    expect((await it.back(replicas.url(1), place)).status).toBe(405);
    expect((await it.back(replicas.url(1), /^id: (\S+)$/gm.exec(text)?.[1] ?? "")).status).toBe(405);
    expect(server.count("tools/call")).toBe(2);
  },
  LIMIT_MS,
);

test(
  "places in streams lead nobody into another session",
  async () => {
    const { replicas, it, place, answer } = await askedByHand();
    const other = httpClient("takes ids");
    await other.open(replicas.url(0), { roots: {} });
    expect((await other.back(replicas.url(0), place)).status).toBe(405);
    await replicas.end(0);
    expect((await it.post(replicas.url(1), answer)).status).toBe(202);
    expect((await other.back(replicas.url(1), place)).status).toBe(405);
    expect((await it.back(replicas.url(1), place)).text).toContain("worked");
  },
  LIMIT_MS,
);

test(
  "a batch with the id of a call under way takes nothing from that: its client comes back for the answer",
  async () => {
    const server = home.owns(await startFullModernServer());
    const { url } = await startServe(home, [server.url], { env });
    const headers: Record<string, string> = {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    };
    const post = async (message: unknown) =>
      fetch(url, { method: "POST", headers, body: JSON.stringify(message) });
    const opened = await post(initialize("2025-03-26", { elicitation: {} }));
    headers["mcp-session-id"] = opened.headers.get("mcp-session-id") ?? "";
    await post(notification("notifications/initialized"));
    const reader = (await post(call(5, "ask"))).body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!/^data: \{.*"method".*\n\n/m.test(text)) text += (await reader?.read())?.value ?? "";
    const place = [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? "";
    const question = JSON.parse(/^data: (\{.*"method".*)$/m.exec(text)?.[1] ?? "{}");
    expect(await (await post([call(5, "echo"), request(6, "ping")])).text()).toContain("is under way");
    await reader?.cancel();
    const back = await fetch(url, {
      headers: { ...headers, accept: "text/event-stream", "last-event-id": place },
    });
    expect(back.status).toBe(200);
    await post({ jsonrpc: "2.0", id: question.id, result: { action: "accept", content: { name: "Ada" } } });
    expect(await back.text()).toContain("accept Ada");
  },
  LIMIT_MS,
);
