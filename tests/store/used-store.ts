// The executable with a store of its own, logged in at a server that is quick.
import { beforeEach, expect } from "bun:test";
import { join } from "node:path";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { type Line, request } from "../support/messages.ts";
import { type SmallWorld, startSmallWorld } from "../support/oauth/small-world.ts";

/** What a bridge is asked, where that matters to nobody. */
export const LIST = `${JSON.stringify(request(1, "tools/list"))}\n`;

/** To be called once in a file. What it returns is filled before each test. */
export function usedStore() {
  const home = homeForEachTest();
  const world = {} as SmallWorld;
  beforeEach(async () => {
    home.env.M2MCP_STORE = "file";
    home.owns(await startSmallWorld(world));
  });
  return {
    home,
    world,
    /** A path in the store. */
    store: (...path: string[]) => join(home.folder, "store", ...path),
    login: (secret: string, env: Record<string, string> = {}, name = "@svc") =>
      home.run(["login", world.url, name, "--client-id", "id"], {
        env: { M2MCP_CLIENT_SECRET: secret, ...env },
      }),
    /** A bridge that is asked one thing after another. */
    asked(env: Record<string, string> = {}) {
      const bridge = startBridge(home, ["@svc"], { env });
      let id = 0;
      return {
        stderr: bridge.stderr,
        ask: (): Promise<Line> => {
          bridge.say(request(++id, "tools/list"));
          return bridge.answer(id);
        },
        end: async () => expect(await bridge.end()).toBe(0),
      };
    },
  };
}
