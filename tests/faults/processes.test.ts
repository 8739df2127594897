// Very many processes over time, locks whose owners die, stop or live elsewhere: nobody waits long, nothing is left.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { processSpace } from "../../lib/platform/host.ts";
import { collect, createHome, type Home } from "../support/home.ts";
import { type SmallWorld, startSmallWorld } from "../support/oauth/small-world.ts";

let home: Home;
let world: SmallWorld;
beforeEach(async () => {
  home = createHome();
  home.env.M2MCP_STORE = "file";
  home.env.TMPDIR = join(home.folder, "tmp");
  mkdirSync(home.env.TMPDIR);
  world = await startSmallWorld();
});
afterEach(async () => {
  await world.stop();
  home.remove();
});

const store = (...path: string[]) => join(home.folder, "store", ...path);
const login = async (name = "@svc", secret = "s") => {
  const { code, stderr } = await home.run(["login", world.url, name, "--client-id", "id"], {
    env: { M2MCP_CLIENT_SECRET: secret },
  });
  if (code !== 0) throw new Error(stderr);
};
const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
/** Makes files look as if they had last been written so long ago. */
const age = (files: string[], days: number) => {
  const then = new Date(Date.now() - days * 86_400_000);
  for (const file of files) utimesSync(file, then, then);
};

describe("2,000 processes, a tenth of them killed", () => {
  test("leave no lock, temporary file or growing state behind", async () => {
    const count = Number(process.env.M2MCP_PROCESSES ?? 2000);
    await login("@svc");
    await login("@other");
    const handshake = `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" })}\n`;
    const kinds: ((at: number) => { args: string[]; env?: Record<string, string>; input?: string })[] = [
      () => ({ args: ["@svc", "tools-list"] }),
      () => ({ args: ["@other", "ping", "--json"] }),
      () => ({ args: ["profiles"] }),
      () => ({ args: ["bridge", "@svc"], input: handshake }),
      (at) => ({
        args: ["tools-list", world.url, "--client-id", "id"],
        env: { M2MCP_CLIENT_SECRET: `secret-${at % 100}` },
      }),
      (at) => ({
        args: ["login", world.url, at % 2 ? "@svc" : "@other", "--client-id", "id"],
        env: { M2MCP_CLIENT_SECRET: `new-${at}` },
      }),
      () => ({ args: ["store"] }),
    ];
    let started = 0;
    let killed = 0;
    const failures: string[] = [];
    async function worker() {
      while (started < count) {
        const at = started++;
        const kind = kinds[at % kinds.length];
        if (!kind) return;
        const { args, env = {}, input = "" } = kind(at);
        const child = home.start(args, { env });
        child.stdin.on("error", () => {});
        child.stdin.end(input);
        // The moments lie over the whole life of a process, some 50 ms.
        const timer = at % 10 === 3 ? setTimeout(() => child.kill("SIGKILL"), Math.random() * 60) : undefined;
        const { code, signal, stderr } = await collect(child);
        clearTimeout(timer);
        if (signal === "SIGKILL") killed++;
        else if (code !== 0) failures.push(`${args.join(" ")}: ${stderr}`);
      }
    }
    await Promise.all(Array.from({ length: 6 }, worker));
    expect(failures).toEqual([]);
    expect(killed).toBeGreaterThan(count / 50);

    const left = filesBelow(home.folder);
    const odd = left.filter((file) => /\.tmp-|\/locks\//.test(file));
    console.log(`${killed} of ${count} killed; to prune: ${odd.length} locks and temporary files`);
    expect(odd.length).toBeLessThanOrEqual(killed);
    // What is left is pruned by whoever comes later.
    age(
      left.filter((file) => /\.tmp-|\/locks\/|pruned$/.test(file)),
      1,
    );
    age(
      left.filter((file) => /\/state\/[0-9a-f]{32}\./.test(file)),
      8,
    );
    await login("@svc");
    const all = filesBelow(home.folder).map((file) => file.slice(home.folder.length + 1));
    // Logs are for people to read afterwards; of those that were killed nothing else is left.
    const isLog = (file: string) => file.startsWith(".local/state/m2mcp/logs/");
    expect(all.filter(isLog).length).toBeLessThanOrEqual(110);
    const after = all.filter((file) => !isLog(file));
    expect(after.sort()).toEqual(
      [
        "store/profiles/other.m2mcp",
        "store/profiles/svc.m2mcp",
        "store/state/other.m2mcp",
        "store/state/svc.m2mcp",
        "store/store.json",
        "store/store.key",
        "store/pruned",
      ].sort(),
    );
  }, 300_000);
});

describe("what is pruned", () => {
  test("is only what is old: states in use, and those of few credentials, stay", async () => {
    await login();
    for (const secret of ["a", "b"])
      await home.run(["tools-list", world.url, "--client-id", "id"], {
        env: { M2MCP_CLIENT_SECRET: secret },
      });
    const states = readdirSync(store("state")).filter((name) => name !== "svc.m2mcp");
    // Of each credential what it learned, and the lists that it saw.
    expect(states.length).toBe(4);
    const [old = "", ...recent] = states;
    age([store("state", old)], 8);
    for (const name of recent) age([store("state", name)], 6);
    age([store("pruned")], 1);
    writeFileSync(store("profiles", ".tmp-young"), "");
    writeFileSync(store("profiles", ".tmp-old"), "");
    age([store("profiles", ".tmp-old")], 1);
    // An old lock whose owner lives: this test.
    const beginning = readFileSync(`/proc/${process.pid}/stat`, "latin1").split(") ")[1]?.split(" ")[19];
    writeFileSync(store("locks", "living.lock"), `${process.pid} ${beginning} ${processSpace()} x`);
    writeFileSync(store("locks", "dead.lock.break"), `999999999 1 ${processSpace()} x`);
    age([store("locks", "living.lock"), store("locks", "dead.lock.break")], 1);
    await login();
    expect(readdirSync(store("state")).sort()).toEqual([...recent, "svc.m2mcp"].sort());
    expect(readdirSync(store("profiles")).sort()).toEqual([".tmp-young", "svc.m2mcp"]);
    expect(readdirSync(store("locks"))).toEqual(["living.lock"]);
  });

  test("is all but 200 states of credentials from the environment, however young they are beyond minutes", async () => {
    await login();
    // More than the 200 that are kept.
    const names = Array.from({ length: 300 }, (_, at) => `${at.toString(16).padStart(32, "0")}.m2mcp`);
    for (const [at, name] of names.entries()) {
      writeFileSync(store("state", name), "");
      age([store("state", name)], (15 + at) / 1440);
    }
    age([store("pruned")], 1);
    await login();
    expect(readdirSync(store("state")).sort()).toEqual([...names.slice(0, 200), "svc.m2mcp"].sort());
  });
});

test("a start that finds its token asks nobody and writes nothing", async () => {
  await login();
  await home.run(["@svc", "tools-list"]);
  const times = () => filesBelow(store()).map((file) => `${file} ${statSync(file).mtimeMs}`);
  const before = times();
  await home.run(["@svc", "tools-list"]);
  expect(times()).toEqual(before);
  expect(existsSync(store("pruned"))).toBe(true);
});
