// Answers that are longer than the limit.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { json, result, type Script } from "../support/mcp/scripted.ts";
import { type LegacyOptions, startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { call, INITIALIZE } from "../support/messages.ts";
import { peakMb } from "../support/process.ts";

const home = homeForEachTest();
const serve = async (script: Script, options?: LegacyOptions) =>
  home.owns(await startLegacyServer(script, options));

describe("an answer of 300 MB is refused at the limit, and the bridge lives on:", () => {
  for (const as of ["JSON", "an event"] as const)
    test(as, async () => {
      const server = await serve(({ id, params }, response) => {
        if (params?.name !== "big") return json(response, result(id));
        response.writeHead(200, { "content-type": as === "JSON" ? "application/json" : "text/event-stream" });
        response.write(`${as === "JSON" ? "" : "data: "}{"jsonrpc":"2.0","id":${id},"result":{"text":"`);
        const mb = Buffer.alloc(1024 * 1024, "x");
        let sent = 0;
        const more = () => {
          while (sent++ < 300 && !response.destroyed)
            if (!response.write(mb)) return void response.once("drain", more);
          response.end(`"}}${as === "JSON" ? "" : "\n\n"}`);
        };
        more();
      });
      const { child, say, hear, answer } = startBridge(home, [server.url]);
      say(INITIALIZE, call(2, "big"));
      const { error } = await answer(2, 60_000);
      expect(error.data.code).toBe("answer_too_long");
      expect(error.message).toContain("256 MiB");
      say(call(3));
      await hear(({ id, result }) => id === 3 && result.text === "ok");
      console.log(`300 MB as ${as}: peak ${peakMb(child.pid).toFixed(0)} MB`);
      expect(peakMb(child.pid)).toBeLessThan(1500);
    }, 90_000);
});
