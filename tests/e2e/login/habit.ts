// Logins at an authorization server that has a habit of its own.
import { homeForEachTest } from "../../support/home.ts";
import {
  type ScriptedWorld,
  startScriptedWorld,
  type WorldScript,
} from "../../support/oauth/scripted-world.ts";

export type Habit = Pick<WorldScript, "path" | "metadata" | "token">;

/** To be called once in a file. `world` is the one that was started last. */
export function habits() {
  const home = homeForEachTest();
  const world = {} as ScriptedWorld;
  /** Starts both servers; resolves with the address of the MCP server. */
  const serve = async (habit: Habit): Promise<string> => {
    const started = await startScriptedWorld({ wellKnown: "openid-configuration", ...habit });
    return Object.assign(world, home.owns(started)).url;
  };
  const again = (...args: string[]) =>
    home.run(["login", world.url, "@svc", "--client-id", "id", "--client-secret", "s", ...args]);
  const login = async (habit: Habit, ...args: string[]) => {
    await serve(habit);
    return again(...args);
  };
  return { home, world, serve, login, again };
}
