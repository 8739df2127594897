// A modern server says of what type its result is; what nobody here knows is no result.
import { expect, test } from "bun:test";
import { homeForEachTest } from "../../support/home.ts";
import { reply, says } from "../../support/mcp/scripted.ts";
import { startModernServer } from "../../support/mcp/scripted-modern.ts";

const home = homeForEachTest();

for (const [type, more] of [
  ["of a type that nobody knows", { resultType: "streamed", ...says("half") }],
  ["that requires input, and names none", { resultType: "input_required" }],
] as const)
  test(`a result ${type} is told as no answer, and the call is made once`, async () => {
    const server = home.owns(await startModernServer());
    let calls = 0;
    server.methods["tools/call"] = (asked) => {
      calls++;
      return reply(asked, more);
    };
    const { code, stdout, stderr } = await home.run([server.url, "tools-call", "x", "--no-check"]);
    expect([code, stdout, calls]).toEqual([2, "", 1]);
    expect(stderr).toContain("sent what is no MCP answer: it");
  });
