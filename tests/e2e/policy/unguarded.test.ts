// Without rules and pins the bridge is byte for byte what it is: nothing of them is loaded, and each message passes as
// it was written.
import { expect, test } from "bun:test";
import { parseArguments } from "../../../lib/command-line/arguments/parse.ts";
import { readOptions } from "../../../lib/command-line/option-values.ts";
import { VERBS } from "../../../lib/command-line/verbs.ts";
import { guardOf } from "../../../lib/verbs/policy/guard-of.ts";
import { policiesOf } from "../../../lib/verbs/policy/tool-policy.ts";
import { inHome } from "../../support/home.ts";
import { json } from "../../support/mcp/scripted.ts";
import { startLegacyServer } from "../../support/mcp/scripted-legacy.ts";
import { INITIALIZE, INITIALIZED, lines } from "../../support/messages.ts";

const LIST = `{ "id":"l","jsonrpc":"2.0", "result":{"tools":[{"name":"a","name":"b","inputSchema":{"type":"object","default":1.0e2},"x":12345678901234567890}],"nextCursor":"","_meta":{}} }`;
const CALL = `{"method":"tools/call", "params":{"name":"odd","Name":"drop","arguments":{"n":1.00,"big":12345678901234567890}},"id":2.0,"jsonrpc":"2.0","extra":[]}`;
const RESULT = `{"jsonrpc":"2.0","id":2.0,"result":{"content":[ ],"n":1e400}}`;

test(
  "each message passes as it was written",
  inHome(async (home) => {
    const seen: string[] = [];
    const server = home.owns(
      await startLegacyServer((asked, response) => {
        if (asked.http === "GET") return response.writeHead(405).end();
        seen.push(asked.text);
        json(response, asked.method === "tools/list" ? LIST : RESULT);
      }),
    );
    const list = '{"id":"l","jsonrpc":"2.0","method":"tools/list"}';
    const input = `${lines(INITIALIZE, INITIALIZED)}${list}\n${CALL}\n`;
    const { stdout, code } = await home.run(["bridge", server.url], { input });
    expect(code).toBe(0);
    expect(seen.sort()).toEqual([list, CALL].sort());
    expect(stdout.split("\n")).toContain(LIST);
    expect(stdout.split("\n")).toContain(RESULT);
  }),
  60_000,
);

test("nothing stands between host and connection", async () => {
  const { given } = parseArguments(["bridge", "@svc"]);
  const bridge = VERBS.find(({ name }) => name === "bridge");
  const options = readOptions(given, {}, bridge?.options ?? [], "bridge");
  expect(policiesOf(options, [undefined, undefined])).toEqual([]);
  // Neither output nor store is touched, so that they may be missing.
  expect(await guardOf({} as never, { policies: [] } as never)).toEqual({});
});
