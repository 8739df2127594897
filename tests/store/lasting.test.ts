// The executable's store over time: rotation, moves of the key, full and closed disks, killed writers, damage.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openProfileStore } from "../../lib/verbs/target/saved.ts";
import { BINARY, collect, createHome, type Home, type Outcome } from "../support/home.ts";
import { type SmallWorld, startSmallWorld } from "../support/oauth/small-world.ts";
import { sleep } from "../support/waiting.ts";

let home: Home;
let world: SmallWorld;
beforeEach(async () => {
  home = createHome();
  home.env.M2MCP_STORE = "file";
  world = await startSmallWorld();
});
afterEach(async () => {
  await world.stop();
  home.remove();
});

const store = (...path: string[]) => join(home.folder, "store", ...path);
const login = (secret: string, env: Record<string, string> = {}, name = "@svc") =>
  home.run(["login", world.url, name, "--client-id", "id"], { env: { M2MCP_CLIENT_SECRET: secret, ...env } });
const request = (id: number) => `${JSON.stringify({ jsonrpc: "2.0", id, method: "tools/list" })}\n`;

/** A bridge that is asked one thing after another. */
function startBridge(env: Record<string, string> = {}, target = "@svc") {
  const child = home.start(["bridge", target], { env });
  const lines = createInterface({ input: child.stdout });
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  let id = 0;
  return {
    child,
    said: () => stderr,
    async ask(): Promise<{ result?: { tools: unknown[] }; error?: { code: number; message: string } }> {
      const answer = new Promise<string>((resolve) => lines.once("line", resolve));
      child.stdin.write(request(++id));
      return JSON.parse(await answer);
    },
    async end() {
      const closed = new Promise((resolve) => child.on("close", resolve));
      child.stdin.end();
      expect(await closed).toBe(0);
    },
  };
}

describe("rotation", () => {
  test("a running bridge takes the new secret at the next re-issue, without a word or a restart", async () => {
    world.lifeS = 2;
    world.secret = "first";
    expect((await login("first")).code).toBe(0);
    const bridge = startBridge();
    expect((await bridge.ask()).result?.tools).toHaveLength(1);
    world.secret = "second";
    await sleep(2100);
    expect((await bridge.ask()).error?.message).toContain("invalid_client");
    expect((await login("second")).code).toBe(0);
    await sleep(2100);
    expect((await bridge.ask()).result?.tools).toHaveLength(1);
    expect(world.secrets.at(-1)).toBe("second");
    await bridge.end();
  });
});

test("after a logout a running bridge asks for no more tokens and leaves nothing; a new login serves it", async () => {
  world.lifeS = 2;
  expect((await login("s")).code).toBe(0);
  const bridge = startBridge();
  expect((await bridge.ask()).result?.tools).toHaveLength(1);
  expect((await home.run(["logout", "@svc"])).code).toBe(0);
  await sleep(2100);
  const asked = world.secrets.length;
  expect((await bridge.ask()).error).toMatchObject({
    code: -31004,
    message: expect.stringContaining("the login @svc was removed"),
  });
  expect(world.secrets).toHaveLength(asked);
  expect([...readdirSync(store("state")), ...readdirSync(store("profiles"))]).toEqual([]);
  expect((await login("s")).code).toBe(0);
  expect((await bridge.ask()).result?.tools).toHaveLength(1);
  await bridge.end();
}, 60_000);

describe("the key moves", () => {
  test("the key moves from place to place while bridges and one-off commands run", async () => {
    world.lifeS = 1;
    await login("s");
    const bridge = startBridge();
    let going = true;
    const failures: string[] = [];
    let passes = 0;
    const passphrases = { M2MCP_PASSPHRASE: "one", M2MCP_NEW_PASSPHRASE: "one" };
    const worker = async () => {
      while (going) {
        const { code, stderr } = await home.run(["@svc", "tools-list"], { env: passphrases });
        passes++;
        if (code !== 0) failures.push(stderr);
      }
    };
    const workers = [worker(), worker()];
    for (let round = 0; round < 4; round++)
      for (const to of ["passphrase", "file"]) {
        const { code, stderr } = await home.run(["store", "move", "--to", to], { env: passphrases });
        expect([code, stderr.includes("error")]).toEqual([0, false]);
        expect((await bridge.ask()).result?.tools).toHaveLength(1);
      }
    going = false;
    await Promise.all(workers);
    await bridge.end();
    expect(failures).toEqual([]);
    expect(passes).toBeGreaterThan(10);
  });

  test("the key moves under another passphrase: the old one opens nothing, and a bridge goes on", async () => {
    world.lifeS = 1;
    delete home.env.M2MCP_STORE;
    home.env.DBUS_SESSION_BUS_ADDRESS = "unix:path=/nowhere";
    expect((await login("s", { M2MCP_PASSPHRASE: "old" })).code).toBe(0);
    const bridge = startBridge({ M2MCP_PASSPHRASE: "old" });
    expect((await bridge.ask()).error).toBeUndefined();
    const changed = await home.run(["store", "passphrase"], {
      env: { M2MCP_PASSPHRASE: "old", M2MCP_NEW_PASSPHRASE: "new" },
    });
    expect(changed.code).toBe(0);
    await sleep(1100);
    expect((await bridge.ask()).error).toBeUndefined();
    await bridge.end();
    const wrong = await home.run(["@svc", "tools-list"], { env: { M2MCP_PASSPHRASE: "old" } });
    expect([wrong.code, wrong.stderr]).toEqual([
      5,
      expect.stringContaining("M2MCP_PASSPHRASE does not open"),
    ]);
    expect((await home.run(["@svc", "tools-list"])).stderr).toContain("M2MCP_PASSPHRASE is not set");
    expect((await home.run(["@svc", "tools-list"], { env: { M2MCP_PASSPHRASE: "new" } })).code).toBe(0);
  });
});

/** The least room that shows a full disk here: a file system of its own where one may be mounted, else a file limit. */
function fullDisk(): {
  kind: string;
  run(args: string[], env?: Record<string, string>): Promise<Outcome>;
  end(): void;
} {
  const shell = (script: string, args: string[], env: Record<string, string> = {}) => {
    const child = spawn("sh", ["-c", script, "sh", ...args], { env: { ...home.env, ...env } });
    child.stdin.end(request(1));
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
    expect(profile?.credentials?.authentication).toMatchObject({ secret: { value: "kept" } });
  } finally {
    disk.end();
  }
});

test("what could not be written is written by the same bridge once the place is free again", async () => {
  world.lifeS = 1;
  await login("s");
  const bridge = startBridge();
  expect((await bridge.ask()).result?.tools).toHaveLength(1);
  rmSync(store("state"), { recursive: true });
  writeFileSync(store("state"), "");
  await sleep(1100);
  expect((await bridge.ask()).result?.tools).toHaveLength(1);
  expect(bridge.said()).toContain("tokens are kept in memory only");
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
    child.stdin.end(args[0] === "bridge" ? request(1) : "");
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

describe("killed at any moment of a write, by the executable", () => {
  test("a login killed at any moment leaves the old or the new profile", async () => {
    await login("0");
    let last = 0;
    let changed = 0;
    for (let round = 1; round <= 200; round++) {
      const child = home.start(["login", world.url, "@svc", "--client-id", "id"], {
        env: { M2MCP_CLIENT_SECRET: String(round) },
      });
      const ended = collect(child);
      // From before the first write to after the last one: the token request is the last thing before them.
      while (world.secrets.at(-1) !== String(round)) await sleep(1);
      await sleep(Math.random() * 12);
      child.kill("SIGKILL");
      await ended;
      const opened = openProfileStore({
        env: { M2MCP_HOME: store() },
        warn: (line) => expect(line).toBe(""),
      });
      const authentication = (await opened.readProfile("svc"))?.credentials?.authentication;
      const now = Number(
        authentication?.kind === "secret" && "value" in authentication.secret && authentication.secret.value,
      );
      expect([last, round]).toContain(now);
      await opened.readState("svc");
      if (now === round) changed++;
      last = now;
    }
    console.log(`${changed} of 200 were killed after the switch`);
    expect(changed).toBeGreaterThan(0);
    expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
  }, 120_000);

  test("a move of the key, or a change of the passphrase, killed at any moment leaves a store that opens", async () => {
    await login("s");
    const places = new Set<string>();
    let passphrase = "p0";
    // How long a change takes here and now: each third round runs to its end.
    let wholeMs = 0;
    for (let round = 1; round <= 36; round++) {
      const args = round % 4 === 0 ? ["store", "move", "--to", "file"] : ["store", "passphrase"];
      const next = `p${round}`;
      const child = home.start(args, { env: { M2MCP_PASSPHRASE: passphrase, M2MCP_NEW_PASSPHRASE: next } });
      const startedMs = performance.now();
      const ended = collect(child);
      const isWhole = round % 3 === 1;
      if (!isWhole) {
        await sleep(Math.random() * wholeMs * 1.1);
        child.kill("SIGKILL");
      }
      const { code, stderr } = await ended;
      if (isWhole) {
        expect([code, stderr]).toEqual([0, expect.not.stringContaining("error")]);
        wholeMs = performance.now() - startedMs;
      }
      // The old passphrase or the new one, unless a file holds the key; read as another process would.
      const outcomes: string[] = [];
      for (const one of [passphrase, next]) {
        const opened = openProfileStore({ env: { M2MCP_HOME: store(), M2MCP_PASSPHRASE: one }, warn() {} });
        const found = await opened.readProfile("svc").catch(() => null);
        if (!found) continue;
        outcomes.push(await opened.keyPlace());
        passphrase = one;
        break;
      }
      expect(outcomes).toHaveLength(1);
      places.add(outcomes[0] ?? "");
    }
    expect([...places].sort()).toEqual(["file", "passphrase"]);
    const after = await home.run(["@svc", "tools-list"], { env: { M2MCP_PASSPHRASE: passphrase } });
    expect(after.code).toBe(0);
  }, 300_000);
});

describe("a damaged file", () => {
  const junk = "junk";
  beforeEach(async () => {
    await login("s");
    await login("s", {}, "@other");
  });

  test("a damaged profile is named and kept, and the others work; a new login mends it", async () => {
    writeFileSync(store("profiles", "svc.m2mcp"), junk);
    const { code, stderr } = await home.run(["@svc", "tools-list"]);
    expect([code, stderr]).toEqual([
      5,
      expect.stringContaining(`${store("profiles", "svc.m2mcp")} is damaged`),
    ]);
    expect((await home.run(["@other", "tools-list"])).code).toBe(0);
    expect(readFileSync(store("profiles", "svc.m2mcp"), "utf8")).toBe(junk);
    expect((await login("s")).code).toBe(0);
    expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
  });

  test("damaged state is named, stops nothing, and is made anew", async () => {
    writeFileSync(store("state", "svc.m2mcp"), junk);
    const { code, stdout, stderr } = await home.run(["@svc", "tools-list"]);
    expect([code, stdout, stderr]).toEqual([
      0,
      "there\n",
      expect.stringContaining(store("state", "svc.m2mcp")),
    ]);
    expect(await home.run(["@svc", "tools-list"])).toMatchObject({ code: 0, stderr: "" });
  });

  test("a damaged store.json or store.key is named and kept; credentials from the environment still work", async () => {
    for (const name of ["store.json", "store.key"]) {
      const before = readFileSync(store(name));
      for (const bytes of [junk, ""]) {
        writeFileSync(store(name), bytes);
        const { code, stderr } = await home.run(["@svc", "tools-list"]);
        expect([code, stderr]).toEqual([5, expect.stringContaining(store(name))]);
        const env = { M2MCP_CLIENT_ID: "id", M2MCP_CLIENT_SECRET: "s" };
        const open = await home.run(["tools-list", world.url], { env });
        expect([open.code, open.stderr]).toEqual([0, expect.stringContaining(store(name))]);
        expect((await login("s")).code).toBe(5);
        expect(readFileSync(store(name), "utf8")).toBe(bytes);
      }
      writeFileSync(store(name), before);
      expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
    }
  });

  test("a lost store.json or store.key is not replaced by a new key while there are profiles", async () => {
    const json = readFileSync(store("store.json"));
    const key = readFileSync(store("store.key"));
    rmSync(store("store.key"));
    expect((await login("s")).stderr).toContain("store.key");
    rmSync(store("store.json"));
    const { code, stderr } = await login("s");
    expect([code, stderr]).toEqual([5, expect.stringContaining("store.json is missing")]);
    expect(readdirSync(store()).includes("store.key")).toBe(false);
    // The key file alone opens the store again.
    writeFileSync(store("store.key"), key, { mode: 0o600 });
    expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
    expect(JSON.parse(readFileSync(store("store.json"), "utf8"))).toMatchObject({ place: "file" });
    expect(JSON.parse(json.toString())).toMatchObject({ place: "file" });
  });
});

test("a profile that is not there: the error names the store that was looked in, and what names another", async () => {
  for (const args of [
    ["@nobody", "tools-list"],
    ["logout", "@nobody"],
    ["connect", "@nobody", "@new"],
  ]) {
    const { code, stderr } = await home.run(args);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`@nobody in ${store()}\n`)]);
  }
  expect((await home.run(["@nobody", "tools-list"])).stderr).toContain("M2MCP_HOME names another folder");
});

test("looking at a store makes none; the first passphrase may be the one that is set", async () => {
  expect(await home.run(["store"])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("no store yet"),
  });
  expect((await home.run(["store", "move", "--to", "file"])).code).toBe(1);
  expect(readdirSync(home.folder)).toEqual([]);
  await login("s");
  const env = { M2MCP_PASSPHRASE: "first" };
  expect((await home.run(["store", "move", "--to", "passphrase"], { env })).code).toBe(0);
  expect((await home.run(["@svc", "tools-list"], { env })).code).toBe(0);
  expect((await home.run(["store", "passphrase"], { env })).stderr).toContain("M2MCP_NEW_PASSPHRASE");
});

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

describe("permissions", () => {
  test("permissions are 0700 and 0600 whatever the umask", async () => {
    for (const umask of ["000", "022", "277", "777"]) {
      const child = spawn(
        "sh",
        [
          "-c",
          `umask ${umask}; exec '${BINARY}' "$@"`,
          "sh",
          "login",
          world.url,
          "@svc",
          "--client-id",
          "id",
        ],
        {
          env: { ...home.env, M2MCP_CLIENT_SECRET: "s" },
        },
      );
      child.stdin.end();
      expect((await collect(child)).code).toBe(0);
      const modes = readdirSync(store(), { withFileTypes: true, recursive: true }).map((entry) => {
        const mode = statSync(join(entry.parentPath, entry.name)).mode & 0o777;
        return `${entry.isDirectory() ? "folder" : "file"} ${mode.toString(8)}`;
      });
      expect([...new Set(modes)].sort()).toEqual(["file 600", "folder 700"]);
      expect(statSync(store()).mode & 0o777).toBe(0o700);
      rmSync(store(), { recursive: true });
    }
  });

  test("permissions that let others in are named with the chmod that mends them, for every file and folder", async () => {
    await login("s");
    for (const name of [
      ".",
      "store.json",
      "store.key",
      "profiles",
      "profiles/svc.m2mcp",
      "state",
      "state/svc.m2mcp",
    ]) {
      const path = name === "." ? store() : store(name);
      const was = statSync(path).mode & 0o777;
      chmodSync(path, was | 0o044);
      const { code, stderr } = await home.run(["@svc", "tools-list"]);
      const command = `chmod ${was.toString(8)} ${path}`;
      expect([code, stderr]).toEqual([0, `warning: ${path} can be read by others: ${command}\n`]);
      expect(spawnSync("sh", ["-c", command]).status).toBe(0);
      expect((await home.run(["@svc", "tools-list"])).stderr).toBe("");
    }
  });

  test("a linked folder is followed, a linked file is read and then replaced, a circle is named", async () => {
    await login("s");
    const elsewhere = mkdtempSync(join(tmpdir(), "m2mcp-elsewhere-"));
    renameSync(store(), join(elsewhere, "store"));
    symlinkSync(join(elsewhere, "store"), store());
    expect(await home.run(["@svc", "tools-list"])).toMatchObject({ code: 0, stderr: "" });
    renameSync(store("profiles", "svc.m2mcp"), join(elsewhere, "svc"));
    symlinkSync(join(elsewhere, "svc"), store("profiles", "svc.m2mcp"));
    expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
    const before = readFileSync(join(elsewhere, "svc"));
    expect((await login("s")).code).toBe(0);
    expect(lstatSync(store("profiles", "svc.m2mcp")).isSymbolicLink()).toBe(false);
    expect(readFileSync(join(elsewhere, "svc")).equals(before)).toBe(true);
    rmSync(store("profiles", "svc.m2mcp"));
    symlinkSync("svc.m2mcp", store("profiles", "svc.m2mcp"));
    const circle = await home.run(["@svc", "tools-list"]);
    expect([circle.code, circle.stderr]).toEqual([
      5,
      expect.stringContaining("symbolic links go in a circle"),
    ]);
    rmSync(elsewhere, { recursive: true });
  });
});
