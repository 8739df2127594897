// Each feature of the protocol, as one row of the table: what must hold, or why a cell cannot have it.
import { expect } from "bun:test";
import {
  CAPABILITIES,
  type FullServer,
  INFO,
  INSTRUCTIONS,
  LEVELS,
  PROMPTS,
  RESOURCES,
  TEMPLATES,
  TOOLS,
  VISIT,
} from "../support/mcp/full-server.ts";
import type { AnyClient, Json } from "../support/sdk-clients.ts";
import { until } from "../support/waiting.ts";

export interface Cell {
  client: "legacy" | "modern";
  server: "legacy" | "modern" | "HTTP+SSE";
}

/** A cell that runs. */
export interface Running extends Cell {
  it: AnyClient;
  seen: FullServer["seen"];
  /** What stands before a question to a person, where one of several servers asks. */
  asker?: string;
}

export interface Feature {
  name: string;
  /** Why the protocol leaves it out of a cell. */
  without?: (cell: Cell) => string | undefined;
  check(running: Running): Promise<void>;
}

const said = (result: Json) => (result.content as { text: string }[])[0]?.text;

/** What was heard since a moment. */
const since = ({ heard }: AnyClient, from: number, method: string) =>
  heard.slice(from).filter((one) => one.method === method);

const failure = async (work: Promise<unknown>): Promise<{ code: unknown; data: unknown }> => {
  try {
    await work;
  } catch (error) {
    return error as { code: unknown; data: unknown };
  }
  throw new Error("it should have failed");
};

const modernPing = ({ client }: Cell) => (client === "modern" ? "2026-07-28 has no ping" : undefined);

export const FEATURES: Feature[] = [
  {
    name: "name, capabilities, instructions of the server",
    async check({ it }) {
      expect(it.info()).toMatchObject(INFO);
      expect(it.instructions()).toBe(INSTRUCTIONS);
      expect(it.capabilities()).toMatchObject(CAPABILITIES);
    },
  },
  {
    name: "ping",
    without: modernPing,
    async check({ it }) {
      expect(await it.request("ping")).toEqual({});
    },
  },
  {
    name: "ping from the server",
    without: ({ server }) => (server === "modern" ? "2026-07-28 has no ping" : undefined),
    async check({ it }) {
      expect(said(await it.call("ping-back"))).toBe("alive");
    },
  },
  {
    name: "tools, page by page",
    async check({ it, server }) {
      const names: string[] = [];
      let cursor: unknown;
      let pages = 0;
      do {
        const { tools, nextCursor } = await it.request("tools/list", cursor === undefined ? {} : { cursor });
        for (const tool of tools as { name: string; "example.com/extra"?: unknown }[]) {
          names.push(tool.name);
          if (tool.name === "echo") expect(tool["example.com/extra"]).toEqual([1]);
        }
        cursor = nextCursor;
        pages++;
      } while (cursor !== undefined);
      const all = TOOLS.map(({ name }) => name);
      expect(names).toEqual(server === "modern" ? [...all, "numbers"] : all);
      expect(pages).toBe(5);
    },
  },
  {
    name: "a call",
    async check({ it }) {
      expect(said(await it.call("echo", { text: "ünï\u2028\n" }))).toBe("ünï\u2028\n");
    },
  },
  {
    name: "structured output",
    async check({ it }) {
      expect((await it.call("sum", { a: 1, b: 2 })).structuredContent).toEqual({ sum: 3 });
    },
  },
  {
    name: "structured output that is no object",
    without: ({ server }) => (server === "modern" ? undefined : "objects only before 2026-07-28"),
    async check({ it }) {
      const listed = await it.request("tools/list", { cursor: Buffer.from("16").toString("base64") });
      const tool = (listed.tools as { name: string; outputSchema?: Json }[]).find(
        ({ name }) => name === "numbers",
      );
      const { structuredContent } = await it.call("numbers");
      if (it.era === "modern") {
        expect(tool?.outputSchema).toMatchObject({ type: "array", items: { $ref: "#/$defs/n" } });
        expect(structuredContent).toEqual([1, 2]);
      } else {
        expect(tool?.outputSchema).toMatchObject({
          type: "object",
          properties: { result: { type: "array", items: { $ref: "#/properties/result/$defs/n" } } },
          required: ["result"],
        });
        expect(structuredContent).toEqual({ result: [1, 2] });
      }
    },
  },
  {
    name: "an error of the tool (isError)",
    async check({ it }) {
      expect(await it.call("fail")).toMatchObject({ isError: true, content: [{ text: "it went wrong" }] });
    },
  },
  {
    name: "a JSON-RPC error with data",
    async check({ it }) {
      expect(await failure(it.call("explode"))).toMatchObject({ code: -31234, data: { why: ["because"] } });
    },
  },
  {
    name: "an unknown method is -32601",
    async check({ it }) {
      expect(await failure(it.request("example.com/nothing", {}))).toMatchObject({ code: -32601 });
    },
  },
  {
    name: "progress",
    async check({ it }) {
      const heard: unknown[] = [];
      await it.call("slow", { ms: 120 }, { onprogress: (...progress) => void heard.push(progress) });
      expect(heard).toEqual([
        [1, "step 1"],
        [2, "step 2"],
        [3, "step 3"],
      ]);
    },
  },
  {
    name: "cancellation reaches the server",
    async check({ it, seen }) {
      const before = seen.cancelled;
      const abort = new AbortController();
      const call = it.call("slow", { ms: 60_000 }, { signal: abort.signal });
      setTimeout(() => abort.abort("enough"), 200);
      await expect(call).rejects.toThrow();
      await until(() => seen.cancelled === before + 1);
      expect(said(await it.call("echo", { text: "alive" }))).toBe("alive");
    },
  },
  {
    name: "log messages, from the level on",
    async check({ it }) {
      for (const level of ["warning", "debug"] as const) {
        await it.setLevel(level);
        const from = it.heard.length;
        await it.call("log");
        const wanted = LEVELS.slice(LEVELS.indexOf(level));
        await until(() => since(it, from, "notifications/message").length >= wanted.length);
        expect(since(it, from, "notifications/message").map(({ params }) => params)).toMatchObject(
          wanted.map((one) => ({ level: one, logger: "full", data: { said: one } })),
        );
      }
    },
  },
  {
    name: "log messages less than the level are not heard again",
    async check({ it }) {
      await it.setLevel("error");
      const from = it.heard.length;
      await it.call("log");
      await until(() => since(it, from, "notifications/message").length > 0);
      expect(since(it, from, "notifications/message").map(({ params }) => params.level)).toEqual(["error"]);
    },
  },
  {
    name: "completion",
    async check({ it }) {
      const ref = { type: "ref/prompt", name: "greet" };
      const { completion } = await it.request("completion/complete", {
        ref,
        argument: { name: "name", value: "A" },
      });
      expect(completion).toMatchObject({ values: ["Ada", "Alan"], total: 3 });
    },
  },
  {
    name: "resources: list, templates, read",
    async check({ it }) {
      expect((await it.request("resources/list")).resources).toEqual(RESOURCES);
      expect((await it.request("resources/templates/list")).resourceTemplates).toEqual(TEMPLATES);
      expect((await it.request("resources/read", { uri: "memo://two" })).contents).toEqual([
        { uri: "memo://two", mimeType: "text/plain", text: "text of memo://two" },
      ]);
    },
  },
  {
    name: "resource not found, in the client's code",
    async check({ it, client }) {
      expect(await failure(it.request("resources/read", { uri: "memo://none" }))).toMatchObject({
        code: client === "modern" ? -32602 : -32002,
        data: { uri: "memo://none" },
      });
    },
  },
  {
    name: "prompts: list, get",
    async check({ it }) {
      expect((await it.request("prompts/list")).prompts).toEqual(PROMPTS);
      const { messages } = await it.request("prompts/get", { name: "greet", arguments: { name: "Bo" } });
      expect(messages).toMatchObject([{ role: "user", content: { text: "Greet Bo" } }]);
    },
  },
  {
    name: "subscribe, updated, unsubscribe",
    async check({ it, seen, server }) {
      const stop = await it.watch(["memo://one", "memo://two"]);
      const from = it.heard.length;
      await it.call("touch", { uri: "memo://one" });
      await until(() => since(it, from, "notifications/resources/updated").length > 0);
      const updates = since(it, from, "notifications/resources/updated");
      expect(updates.map(({ params }) => params.uri)).toEqual(["memo://one"]);
      const last = it.wire.findLast(({ method }) => method === "notifications/resources/updated");
      const { _meta } = (last?.params ?? {}) as Json;
      if (it.era === "modern") expect(_meta).toHaveProperty(["io.modelcontextprotocol/subscriptionId"]);
      else expect(_meta).toBeUndefined();
      await stop();
      if (server !== "modern") await until(() => seen.subscribed.size === 0);
      const after = it.heard.length;
      await it.call("touch", { uri: "memo://one" });
      await it.call("echo", { text: "later" });
      expect(since(it, after, "notifications/resources/updated")).toEqual([]);
    },
  },
  {
    name: "changes of the lists of tools, prompts, resources",
    async check({ it }) {
      const stop = await it.watch([]);
      for (const what of ["tools", "prompts", "resources"]) {
        const from = it.heard.length;
        await it.call("change", { what });
        await until(() => since(it, from, `notifications/${what}/list_changed`).length > 0);
        expect(it.heard.slice(from).map(({ method }) => method)).toEqual([
          `notifications/${what}/list_changed`,
        ]);
      }
      await stop();
    },
  },
  {
    name: "elicitation by form",
    async check({ it, asker = "" }) {
      const from = it.asked.length;
      expect(said(await it.call("ask"))).toBe("accept Ada");
      expect(it.asked.slice(from)).toMatchObject([
        {
          method: "elicitation/create",
          params: { message: `${asker}Your name?`, requestedSchema: { required: ["name"] } },
        },
      ]);
    },
  },
  {
    name: "elicitation declined, cancelled",
    async check({ it }) {
      const { answer } = it;
      for (const action of ["decline", "cancel"] as const) {
        it.answer = { action };
        expect(said(await it.call("ask"))).toBe(action);
      }
      it.answer = answer;
    },
  },
  {
    name: "elicitation by URL",
    async check({ it, asker = "" }) {
      const from = it.asked.length;
      expect(said(await it.call("ask-url"))).toBe("accept");
      expect(it.asked.slice(from)).toMatchObject([
        { params: { mode: "url", ...VISIT, message: asker + VISIT.message } },
      ]);
    },
  },
  {
    name: "a call that needs a visit to a URL first",
    async check({ it, server, client, asker = "" }) {
      if (client === "legacy" && server !== "modern") {
        // The legacy way is an error that names the address; the call is then made again.
        expect(await failure(it.call("need-url"))).toMatchObject({
          code: -32042,
          data: { elicitations: [{ ...VISIT, message: asker + VISIT.message }] },
        });
        expect(said(await it.call("need-url"))).toBe("let in");
        return;
      }
      const from = it.asked.length;
      expect(said(await it.call("need-url"))).toBe("let in");
      expect(it.asked.slice(from)).toMatchObject([
        { params: { mode: "url", ...VISIT, message: asker + VISIT.message } },
      ]);
    },
  },
  {
    name: "sampling",
    async check({ it, seen }) {
      expect(JSON.parse(said(await it.call("sample")) ?? "")).toEqual({ type: "text", text: "Paris" });
      expect(seen.answers).toMatchObject([{ model: "none", role: "assistant", stopReason: "endTurn" }]);
    },
  },
  {
    name: "roots",
    async check({ it }) {
      expect(said(await it.call("roots"))).toBe("file:///work");
    },
  },
  {
    name: "input for a prompt and for a resource",
    async check({ it }) {
      const { messages } = await it.request("prompts/get", { name: "ask" });
      expect(messages).toMatchObject([{ content: { text: "Greet Ada" } }]);
      expect(await it.request("resources/read", { uri: "memo://asked" })).toMatchObject({
        contents: [{ uri: "memo://asked", text: "Ada" }],
      });
    },
  },
  {
    name: "several inputs in one round",
    async check({ it }) {
      const from = it.asked.length;
      expect(said(await it.call("ask-both"))).toBe("Ada file:///work");
      expect(
        it.asked
          .slice(from)
          .map(({ method }) => method)
          .sort(),
      ).toEqual(["elicitation/create", "roots/list"]);
    },
  },
  {
    name: "several rounds of input, exact requestState",
    async check({ it, seen, server }) {
      const from = seen.states.length;
      expect(said(await it.call("ask-thrice"))).toBe("Ada Ada Ada");
      if (server === "modern") expect(seen.states.slice(from)).toHaveLength(3);
    },
  },
  {
    name: "progress on both sides of an input",
    async check({ it }) {
      // The modern SDK makes up progress of its own for its user, so what counts is the wire.
      const from = it.wire.length;
      const result = await it.call("ask-slowly", {}, { onprogress: () => {} });
      expect(said(result)).toBe("accept Ada");
      const heard = it.wire.slice(from).filter(({ method }) => method === "notifications/progress");
      expect(heard.map(({ params }) => (params as Json).progress)).toEqual([1, 2]);
      if (it.era === "modern") {
        const tokens = heard.map(({ params }) => (params as Json).progressToken);
        expect(new Set(tokens).size).toBe(2);
      }
    },
  },
  {
    name: "calls side by side, each asked its own",
    async check({ it }) {
      const calls = Array.from({ length: 30 }, (_, at) =>
        at % 3 === 0 ? it.call("ask") : it.call("echo", { text: `n${at}` }),
      );
      expect((await Promise.all(calls)).map(said)).toEqual(
        Array.from({ length: 30 }, (_, at) => (at % 3 === 0 ? "accept Ada" : `n${at}`)),
      );
    },
  },
  {
    name: "unknown _meta of a request",
    async check({ it, seen }) {
      const meta = { "example.com/one": { deep: [1, null] }, traceparent: "00-1-2-01" };
      await it.call("echo", { text: "" }, { meta });
      expect(seen.meta).toMatchObject(meta);
    },
  },
  {
    name: "unknown members and _meta of a result",
    async check({ it }) {
      expect(await it.call("extra")).toMatchObject({
        "example.com/member": { deep: [1] },
        _meta: { "example.com/trace": "t-1" },
      });
    },
  },
  {
    name: "a request of an extension",
    async check({ it }) {
      const { got } = await it.request("example.com/echo", { list: [1, { two: null }] });
      expect(got).toMatchObject({ list: [1, { two: null }] });
    },
  },
  {
    name: "a notification of an extension, to the server",
    async check({ it, seen }) {
      await it.notify("example.com/ping", { n: 1 });
      await until(() => seen.notifications.some(({ method }) => method === "example.com/ping"));
      expect(seen.notifications.at(-1)?.params).toMatchObject({ n: 1 });
    },
  },
  {
    name: "a notification of an extension, to the client",
    async check({ it }) {
      const from = it.heard.length;
      await it.call("pong");
      await until(() => since(it, from, "example.com/pong").length > 0);
      expect(since(it, from, "example.com/pong")[0]?.params).toMatchObject({ n: 1 });
    },
  },
];
