// A bridge that is given lines one by one, and asked for what it said.
import type { Home } from "./home.ts";
import type { Line } from "./messages.ts";
import { sleep } from "./waiting.ts";

export interface Run {
  /** What the bridge has said so far. */
  lines: Line[];
  /** Ids of the server's questions that a test has answered. */
  answered: Set<string>;
  write(...messages: object[]): void;
  /** The first line like this, now or soon. */
  line(like: (line: Line) => boolean): Promise<Line>;
  /** The answer to a request. @param id as the client gave it, when it is no string */
  answer(name: string, id?: string | number): Promise<Line>;
  end(): Promise<void>;
}

/** Starts `m2mcp bridge` with these arguments. */
export function start(home: Home, args: string[]): Run {
  const child = home.start(["bridge", ...args]);
  const lines: Line[] = [];
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts.map((line) => JSON.parse(line)));
  });
  const closed = new Promise((resolve) => child.on("close", resolve));
  child.stdin.on("error", () => {});
  const line = async (like: (line: Line) => boolean): Promise<Line> => {
    for (let tries = 0; tries < 750; tries++) {
      const found = lines.find(like);
      if (found) return found;
      await sleep(20);
    }
    throw new Error(`not said: ${JSON.stringify(lines).slice(0, 2000)}`);
  };
  return {
    lines,
    answered: new Set(),
    write: (...messages) =>
      void child.stdin.write(messages.map((one) => `${JSON.stringify(one)}\n`).join("")),
    line,
    answer: (name, id = name) => line((one) => one.id === id && one.method === undefined),
    async end() {
      child.stdin.end();
      child.kill("SIGTERM");
      await closed;
    },
  };
}
