// --allow-tool, --deny-tool and --read-only: hidden and refused alike, for clients and servers of both eras.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../../support/bridge.ts";
import { type Home, inHome } from "../../support/home.ts";
import { call, INITIALIZE, INITIALIZED, type Json, modern, request } from "../../support/messages.ts";
import { startToolServer } from "./tools.ts";

const ERAS = ["legacy", "modern"] as const;

/** A client of an era over the bridge: its first words, and how it asks. */
async function open(home: Home, args: string[], client: (typeof ERAS)[number], env = {}) {
  const bridge = startBridge(home, args, { env });
  const asked = (message: object) => (client === "modern" ? modern(message) : message);
  if (client === "legacy") bridge.say(INITIALIZE, INITIALIZED);
  return {
    bridge,
    async ask(message: Json) {
      bridge.say(asked(message));
      return bridge.answer(message.id);
    },
    async listed() {
      const names: string[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < 9; page++) {
        const id = `list-${crypto.randomUUID()}`;
        bridge.say(asked(request(id, "tools/list", cursor === undefined ? {} : { cursor })));
        const { result } = await bridge.answer(id);
        names.push(...result.tools.map((tool: Json) => tool.name));
        cursor = result.nextCursor;
        if (cursor === undefined) break;
      }
      return names;
    },
  };
}

for (const client of ERAS)
  for (const era of ERAS)
    describe(`${client} → ${era}`, () => {
      for (const [args, left, setBy] of [
        [["--allow-tool", "get_*"], ["get_one", "get_two"], "--allow-tool allows other tools only (get_*)"],
        [["--deny-tool", "drop,get_t*"], ["get_one", "odd"], "--deny-tool denies it"],
        [["--read-only"], ["get_one", "get_two"], "--read-only allows only tools"],
        [["--read-only", "--deny-tool", "*two"], ["get_one"], ""],
      ] as const)
        test.concurrent(
          args.join(" "),
          inHome(async (home) => {
            const server = home.owns(await startToolServer(era));
            const { bridge, ask, listed } = await open(home, [server.url, ...args], client);
            const denied = ["get_one", "get_two", "drop", "odd"].filter(
              (name) => !left.some((kept) => kept === name),
            );
            // Before any list was seen, as of a host that goes by an older one.
            for (const name of denied) {
              const { error } = await ask(call(`early-${name}`, name));
              expect(error).toMatchObject({ code: -31001, data: { source: "m2mcp", code: "tool_denied" } });
              expect(error.message).toContain(`the tool ${name} may not be used`);
            }
            const { error } = await ask(call("why", "drop"));
            expect(error.message).toContain(setBy);
            expect(await listed()).toEqual([...left]);
            for (const name of left) expect((await ask(call(`c-${name}`, name))).result).toBeDefined();
            expect((await ask(call("task", "drop", { a: 1 }))).error.data.code).toBe("tool_denied");
            expect(
              (await ask({ ...call("t2", "drop"), params: { name: "drop", task: { ttl: 1 } } })).error.code,
            ).toBe(-31001);
            expect(server.called).toEqual([...left]);
            await bridge.end();
            expect(bridge.stderr()).toContain(
              "error tools/call early-drop".replace("early-drop", '"early-drop"'),
            );
          }),
          60_000,
        );
    });

describe("a legacy batch", () => {
  test(
    "is answered whole, the denied call with the reason",
    inHome(async (home) => {
      const server = home.owns(await startToolServer("legacy"));
      const bridge = startBridge(home, [server.url, "--deny-tool", "drop"]);
      bridge.say(INITIALIZE, INITIALIZED, JSON.stringify([call(2, "drop"), call(3, "get_one")]));
      const line = (await bridge.hear((one) => Array.isArray(one))) as Json;
      expect(line.map(({ id, error }: Json) => [id, error?.code])).toContainEqual([2, -31001]);
      expect(server.called).toEqual(["get_one"]);
      await bridge.end();
    }),
    60_000,
  );
});

describe("what another reader of JSON would take for another tool", () => {
  test(
    "is not sent",
    inHome(async (home) => {
      const server = home.owns(await startToolServer("legacy"));
      const bridge = startBridge(home, [server.url, "--deny-tool", "drop"]);
      bridge.say(INITIALIZE, INITIALIZED);
      bridge.say('{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"drop","name":"odd"}}');
      bridge.say('{"jsonrpc":"2.0","id":3,"method":"ping","Method":"tools/call","params":{"name":"drop"}}');
      for (const id of [2, 3]) expect((await bridge.answer(id)).error.data.code).toBe("doubtful_request");
      expect(server.called).toEqual([]);
      await bridge.end();
    }),
    60_000,
  );
});

describe("a tool that stops to say that it only reads", () => {
  test(
    "is seen by a list that the server says to have changed",
    inHome(async (home) => {
      const server = home.owns(await startToolServer("legacy"));
      const { bridge, ask, listed } = await open(home, [server.url, "--read-only"], "legacy");
      expect(await listed()).toEqual(["get_one", "get_two"]);
      server.tools[0].annotations = {};
      expect(await listed()).toEqual(["get_two"]);
      expect((await ask(call(7, "get_one"))).error.data.code).toBe("tool_denied");
      await bridge.end();
    }),
    60_000,
  );
});

describe("a profile", () => {
  test(
    "keeps the rules, and a command narrows them further; who has set what is said",
    inHome(async (home) => {
      const server = home.owns(await startToolServer("modern"));
      const at = async (...args: string[]) => home.run(args);
      expect((await at("connect", server.url, "@svc", "--allow-tool", "get_*", "--store", "file")).code).toBe(
        0,
      );
      const names = async (...more: string[]) =>
        JSON.parse((await at("@svc", "tools-list", "--json", ...more)).stdout).tools.map(
          (tool: Json) => tool.name,
        );
      expect(await names()).toEqual(["get_one", "get_two"]);
      expect(await names("--deny-tool", "get_two", "--allow-tool", "*")).toEqual(["get_one"]);
      const refused = await at("@svc", "tools-call", "drop");
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain("allow-tool of the profile @svc allows other tools only (get_*)");
      expect(refused.stderr).toContain("m2mcp config @svc allow-tool=");
      expect(refused.stderr).not.toContain("the server lists no tool");
      expect((await at("@svc", "tools-list", "--deny-tool", "*")).stderr).toBe(
        "the server has no tools that may be used\n",
      );
      const raw = await at("@svc", "request", "tools/call", '{"name":"drop"}');
      expect(raw.stderr).toContain("may not be used");
      // Saved anew, it stays as narrow.
      await at("connect", server.url, "@svc", "--deny-tool", "get_two");
      expect(await names()).toEqual(["get_one"]);
      const env = { M2MCP_DENY_TOOL: "get_one" };
      for (const line of [
        ["tools-get", "get_two"],
        ["tools-call", "get_two", "a=1"],
      ]) {
        const { code, stderr } = await home.run(["@svc", ...line]);
        expect([code, stderr]).toEqual([
          1,
          expect.stringContaining("deny-tool of the profile @svc denies it"),
        ]);
      }
      const hidden = await home.run([server.url, "tools-get", "get_three", "--read-only"]);
      expect(hidden.stderr).toContain("--read-only hides tools that do not say that they only read");
      const byVariable = await home.run(["@svc", "tools-call", "get_one"], { env });
      expect(byVariable.stderr).toContain("M2MCP_DENY_TOOL denies it (get_one)");
      expect(server.called).toEqual([]);
    }),
    60_000,
  );

  test(
    "an empty pattern is a slip, not a rule",
    inHome(async (home) => {
      const outcome = await home.run(["http://127.0.0.1:9/mcp", "tools-list", "--allow-tool", "a,,b"]);
      expect(outcome.code).toBe(1);
      expect(outcome.stderr).toContain("--allow-tool holds an empty pattern");
    }),
  );
});
