// Disks that are full and homes that cannot be written: what works in memory, and what is said.
import { expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { processSpace } from "../../lib/platform/host.ts";
import { openProfileStore } from "../../lib/verbs/target/saved.ts";
import { BINARY, collect, type Outcome } from "../support/home.ts";
import { sleep } from "../support/waiting.ts";
import { LIST, usedStore } from "./used-store.ts";

const { home, world, store, login, asked } = usedStore();

/** The least room that shows a full disk here: a file system of its own where one may be mounted, else a file limit. */
function fullDisk(): {
  kind: string;
  run(args: string[], env?: Record<string, string>): Promise<Outcome>;
  end(): void;
} {
  const shell = (script: string, args: string[], env: Record<string, string> = {}) => {
    const child = spawn("sh", ["-c", script, "sh", ...args], { env: { ...home.env, ...env } });
    child.stdin.end(LIST);
    return collect(child);
  };
  const folder = store();
  const size = "size=64k";
  renameSync(folder, `${folder}.full`);
  mkdirSync(folder, { mode: 0o700 });
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `${size},mode=700`, "none", folder]).status === 0;
  cpSync(`${folder}.full`, folder, { recursive: true });
  if (!mounted)
    return {
      kind: "a limit on the size of files",
      run: (args, env) =>
        shell(`trap '' XFSZ; ulimit -f 0; exec "$0" "$@"`.replace('"$0"', BINARY), args, env),
      end() {},
    };
  // Pages are given out whole: fill them to the last.
  spawnSync("sh", ["-c", `cat /dev/zero > '${folder}/filler'`]);
  return {
    kind: "a full tmpfs",
    run: (args, env) => shell(`exec '${BINARY}' "$@"`, args, env),
    end: () => void spawnSync("umount", [folder]),
  };
}

test("a full disk: works with what it has, tokens in memory; a login says so and loses nothing", async () => {
  world.lifeS = 1;
  await login("kept");
  const disk = fullDisk();
  console.log(`a full disk is ${disk.kind}`);
  try {
    await sleep(1100);
    for (const args of [
      ["@svc", "tools-list"],
      ["bridge", "@svc"],
    ]) {
      const { code, stdout, stderr } = await disk.run(args);
      expect([code, stdout.includes("there")]).toEqual([0, true]);
      expect(stderr).toContain("tokens are kept in memory only");
    }
    const again = await disk.run(["login", world.url, "@svc", "--client-id", "id"], {
      M2MCP_CLIENT_SECRET: "new",
    });
    expect(again.code).toBe(5);
    expect(again.stderr).toMatch(/error: cannot write .*svc\.m2mcp: (the disk is full|it would be larger)/);
    const moved = await disk.run(["store", "passphrase"], { M2MCP_NEW_PASSPHRASE: "p" });
    expect(moved.code).toBe(5);
    expect(readdirSync(store("profiles"))).toEqual(["svc.m2mcp"]);
    const profile = await openProfileStore({ env: { M2MCP_HOME: store() }, warn() {} }).readProfile("svc");
    expect(profile?.credentials).toMatchObject({ authentication: { secret: { value: "kept" } } });
    // There is no room for a lock, and none is needed to make some.
    expect(await disk.run(["logout", "@svc"])).toMatchObject({ code: 0, stderr: "" });
    expect([...readdirSync(store("profiles")), ...readdirSync(store("state"))]).toEqual([]);
  } finally {
    disk.end();
  }
});

test("what could not be written is written by the same bridge once the place is free again", async () => {
  world.lifeS = 1;
  await login("s");
  const bridge = asked();
  expect((await bridge.ask()).result?.tools).toHaveLength(1);
  rmSync(store("state"), { recursive: true });
  writeFileSync(store("state"), "");
  await sleep(1100);
  expect((await bridge.ask()).result?.tools).toHaveLength(1);
  expect(bridge.stderr()).toContain("tokens are kept in memory only");
  rmSync(store("state"));
  const saved = () => openProfileStore({ env: { M2MCP_HOME: store() }, warn() {} }).readState("svc");
  expect(await saved()).toBe(null);
  // The next change is the next token, whenever that is.
  for (let round = 0; round < 50 && !(await saved()); round++) {
    await sleep(200);
    expect((await bridge.ask()).result?.tools).toHaveLength(1);
  }
  expect((await saved())?.auth?.token?.accessToken).toMatch(/^token-/);
  await bridge.end();
}, 60_000);

test("a home that cannot be written: one-off and bridge work in memory and say so, login is a clear error", async () => {
  world.lifeS = 1;
  await login("s");
  await sleep(1100);
  const binary = join(home.folder, "m2mcp");
  cpSync(BINARY, binary);
  const all = (mode: (path: string) => number) => {
    for (const entry of readdirSync(home.folder, { withFileTypes: true, recursive: true })) {
      const path = join(entry.parentPath, entry.name);
      if (process.getuid?.() === 0) chownSync(path, 65534, 65534);
      if (path !== binary) chmodSync(path, mode(path));
    }
    if (process.getuid?.() === 0) chownSync(home.folder, 65534, 65534);
    chmodSync(home.folder, mode(home.folder));
  };
  all((path) => (statSync(path).isDirectory() ? 0o500 : 0o400));
  const asNobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const run = async (args: string[], env: Record<string, string> = {}) => {
    const child = spawn(binary, args, { env: { ...home.env, ...env }, cwd: "/", ...asNobody });
    child.stdin.end(args[0] === "bridge" ? LIST : "");
    return collect(child);
  };
  for (const args of [
    ["@svc", "tools-list"],
    ["bridge", "@svc"],
  ]) {
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout.includes("there"), stderr]).toEqual([
      0,
      true,
      expect.stringContaining("in memory only"),
    ]);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  }
  const env = { M2MCP_CLIENT_ID: "id", M2MCP_CLIENT_SECRET: "s" };
  for (const nowhere of [{}, { M2MCP_HOME: join(home.folder, "none", "store") }]) {
    expect((await run(["tools-list", world.url], { ...env, ...nowhere })).code).toBe(0);
    const { code, stderr } = await run(["login", world.url, "@svc"], { ...env, ...nowhere });
    expect([code, stderr]).toEqual([
      5,
      expect.stringMatching(/error: cannot write .*permission denied\nhint: /),
    ]);
  }
  all((path) => (statSync(path).isDirectory() ? 0o700 : 0o600));
});

test.if(process.getuid?.() === 0)(
  "a dead owner's lock that may not be removed is named at once, and what is to be done is done without",
  async () => {
    world.lifeS = 1;
    await login("s");
    await sleep(1100);
    const binary = join(home.folder, "m2mcp");
    cpSync(BINARY, binary);
    for (const path of readdirSync(home.folder, { recursive: true, encoding: "utf8" }))
      chownSync(join(home.folder, path), 65534, 65534);
    chownSync(home.folder, 65534, 65534);
    // In a folder with the sticky bit only a file's owner may remove it.
    chownSync(store("locks"), 0, 0);
    chmodSync(store("locks"), 0o1777);
    const dead = `${spawnSync("true").pid} 5 ${processSpace()} x`;
    for (const name of ["svc.lock", "svc+write.lock", "svc+settings.lock"])
      writeFileSync(store(join("locks", name)), dead);
    const run = (...args: string[]) => {
      const env = { ...home.env, M2MCP_CLIENT_SECRET: "s" };
      const child = spawn(binary, args, { env, cwd: "/", uid: 65534, gid: 65534 });
      child.stdin.end();
      return collect(child);
    };
    const startedMs = performance.now();
    const named = (lock: string) =>
      expect.stringContaining(`cannot write ${store(join("locks", lock))}: permission denied`);
    expect(await run("@svc", "tools-list")).toMatchObject({
      code: 0,
      stdout: "there\n",
      stderr: named("svc+write.lock"),
    });
    expect(await run("config", "@svc", "timeout=5")).toMatchObject({ code: 0 });
    expect(performance.now() - startedMs).toBeLessThan(20_000);
  },
);

test.if(process.getuid?.() === 0)("a user that no list knows, without a home, works in memory", async () => {
  const binary = join(home.folder, "m2mcp");
  cpSync(BINARY, binary);
  chmodSync(home.folder, 0o755);
  const env = { PATH: "/bin:/usr/bin", M2MCP_CLIENT_ID: "id", M2MCP_CLIENT_SECRET: "s" };
  const child = spawn(binary, ["tools-list", world.url], { env, cwd: "/", uid: 12345, gid: 12345 });
  child.stdin.end();
  expect(await collect(child)).toMatchObject({
    code: 0,
    stdout: "there\n",
    stderr: expect.stringContaining("in memory only"),
  });
});
