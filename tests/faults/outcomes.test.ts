// Every row of the table of outcomes, in each era: the request is answered once, and the next request to the same
// bridge is answered as ever.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { inHome } from "../support/home.ts";
import { json, reply, result, type Script } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { discovered } from "../support/mcp/scripted-modern.ts";
import { call, INITIALIZE, modern } from "../support/messages.ts";
import { ROWS } from "./outcome-rows.ts";

const ERAS = {
  legacy: { args: [], first: [INITIALIZE], said: (message: object) => message },
  modern: { args: ["--protocol", "2026-07-28"], first: [], said: modern },
  // A client of the older era, whose requests are translated.
  translated: { args: ["--protocol", "2026-07-28"], first: [INITIALIZE], said: (message: object) => message },
};

for (const [era, { args, first, said }] of Object.entries(ERAS))
  describe(`${era}: a server that`, () => {
    // Each row waits at most for its own time limits, so they can all wait together.
    for (const [behaviour, outcome, fault] of ROWS)
      test.concurrent(
        `${behaviour}: ${outcome}`,
        inHome(async (home) => {
          const waits = outcome === "timeout" || outcome === "retry_later";
          const script: Script = (asked, response, request) => {
            if (asked.method === "server/discover") return reply(asked, discovered());
            if (asked.params?.name === "bad") return fault(asked, response, request);
            json(response, result(asked.id));
          };
          const server = home.owns(await startLegacyServer(script));
          const { heard, say, hear, answer, end } = startBridge(home, [
            server.url,
            "--timeout",
            waits ? "3" : "30",
            ...args,
          ]);
          say(...first, said(call(2, "bad")));
          const answered = await answer(2, 45_000);
          if (outcome === "answered") expect(answered.result.text).toMatch(/^ok$|^\ufffd+\(?$/);
          else expect(String(answered.error.data?.code ?? answered.error.code)).toBe(outcome);
          say(said(call(3, "good")));
          await hear(({ id, result }) => id === 3 && result?.text === "ok");
          expect(await end()).toBe(0);
          expect(heard.map(({ id }) => id).filter((id) => id !== undefined)).toEqual([
            ...first.map(({ id }) => id as number),
            2,
            3,
          ]);
          // Nothing here may be called twice, but where the server said that it had not been carried out.
          if (outcome !== "retry_later") expect(server.count("tools/call")).toBe(2);
        }),
        60_000,
      );
  });
