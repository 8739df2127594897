import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withSecretService } from "../store/secret-service.ts";
import { BINARY, collect, createHome, ROOT } from "../support/home.ts";
import { INITIALIZE, lines } from "../support/messages.ts";
import { startSmallWorld } from "../support/oauth/small-world.ts";
import { logIn, startWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.end());

describe("the executable", () => {
  test("runs alone, from an empty folder, as another user, and loads nothing from where it stands", async () => {
    const folder = mkdtempSync(join(tmpdir(), "m2mcp-alone-"));
    chmodSync(folder, 0o777);
    copyFileSync(BINARY, join(folder, "m2mcp"));
    chmodSync(join(folder, "m2mcp"), 0o755);
    writeFileSync(join(folder, ".env"), `M2MCP_CLIENT_ID=stranger\nM2MCP_CLIENT_SECRET=stranger\n`);
    writeFileSync(join(folder, "bunfig.toml"), `preload = ["./evil.ts"]\n`);
    writeFileSync(join(folder, "evil.ts"), `require("node:fs").writeFileSync("${folder}/evil", "loaded");`);
    const args = ["login", world.mcp.url, "--client-secret", world.as.clients.basic.secret];
    const asNobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const run = async (...more: string[]) => {
      const child = Bun.spawn([join(folder, "m2mcp"), ...args, ...more], {
        cwd: folder,
        env: { HOME: folder, PATH: "/usr/bin:/bin" },
        stdin: "ignore",
        stderr: "pipe",
        ...asNobody,
      });
      return { stderr: await new Response(child.stderr).text(), code: await child.exited };
    };
    const stranger = await run();
    expect(stranger.code).toBe(1);
    expect(stranger.stderr).toContain("--client-id");
    expect((await run("--client-id", world.as.clients.basic.id)).code).toBe(0);
    expect(existsSync(join(folder, "evil"))).toBe(false);
    rmSync(folder, { recursive: true, force: true });
  });

  const linux = process.platform === "linux" ? test : test.skip;
  linux(
    "shows no secret of its arguments: not to other users, not in the runtime's report of a crash",
    async () => {
      const home = createHome();
      const secret = "s3cr3t-argument";
      const child = home.start(["bridge", world.mcp.url, "--client-id", "i", `--client-secret=${secret}`]);
      const ended = collect(child);
      // It has read its arguments where it answers.
      child.stdin.write(lines(INITIALIZE));
      await new Promise((resolve) => child.stdout.once("data", resolve));
      const shown = readFileSync(`/proc/${child.pid}/cmdline`, "utf8").split("\0");
      expect(shown.slice(1, 4)).toEqual(["bridge", world.mcp.url, "--client-id"]);
      expect(shown.join(" ")).not.toContain(secret);
      child.kill("SIGSEGV");
      const { stderr, signal } = await ended;
      expect(signal).not.toBe(null);
      expect(stderr).not.toContain(secret);
      await home.remove();
    },
  );

  test("carries the notices of all that is in it", async () => {
    const home = createHome();
    const { code, stdout } = await home.run(["--licenses"]);
    expect(code).toBe(0);
    const titles = stdout.split("\n").filter((line) => line.startsWith("## "));
    // Every package that an install for use brings, by the lockfile.
    const locked = new Map(
      [
        ...readFileSync(join(ROOT, "bun.lock"), "utf8").matchAll(/^ {4}"([^"]+)": \["([^"]+)@([^"@]+)"/gm),
      ].map(([, name = "", , version = ""]) => [name, version]),
    );
    const needed = new Map<string, string>();
    const visit = (name: string) => {
      if (needed.has(name)) return;
      const { dependencies = {}, license } = JSON.parse(
        readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8"),
      );
      needed.set(name, license);
      for (const next of Object.keys(dependencies)) visit(next);
    };
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    for (const name of Object.keys(dependencies)) visit(name);
    for (const [name, license] of needed)
      expect(titles).toContain(`## ${name} ${locked.get(name)} (${license})`);
    expect(titles.some((title) => title.startsWith("## @napi-rs/keyring-"))).toBe(true);
    for (const part of [
      "Bun",
      "JavaScriptCore",
      "LGPL 2.1",
      "GNU LESSER GENERAL PUBLIC LICENSE",
      "WEBKIT_VERSION",
    ])
      expect(stdout).toContain(part);
    await home.remove();
  });

  test("names no path of the machine that built it", () => {
    expect(readFileSync(BINARY).includes(ROOT)).toBe(false);
  });
});

test("the executable is not built without the keyring add-on, nor for a platform whose add-on is missing", () => {
  const folder = mkdtempSync(join(tmpdir(), "m2mcp-build-"));
  for (const name of ["cli.ts", "lib", "package.json", "tsconfig.json", "bunfig.toml", ".ci"])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  // All that is installed, but for the add-on.
  const modules = (...names: string[]) => join(folder, "node_modules", ...names);
  mkdirSync(modules("@napi-rs"), { recursive: true });
  for (const name of readdirSync(join(ROOT, "node_modules")))
    if (name !== "@napi-rs") symlinkSync(join(ROOT, "node_modules", name), modules(name));
  cpSync(join(ROOT, "node_modules", "@napi-rs", "keyring"), modules("@napi-rs", "keyring"), {
    recursive: true,
  });
  const build = (...args: string[]) => {
    const { status, stderr } = spawnSync(process.execPath, [join(folder, ".ci", "build.ts"), ...args], {
      encoding: "utf8",
    });
    return {
      status,
      stderr,
      built: existsSync(join(folder, "build")) ? readdirSync(join(folder, "build")) : [],
    };
  };
  expect(build()).toMatchObject({ status: 1, stderr: expect.stringContaining("is not embedded"), built: [] });
  expect(build("--target", "nonsense")).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("--target"),
  });
  rmSync(folder, { recursive: true, force: true });
});

test("all output leaves, however large and however slowly it is read; a reader that goes is no failure", async () => {
  const home = createHome();
  const small = await startSmallWorld();
  home.env.M2MCP_STORE = "file";
  await home.run(["login", small.url, "@svc", "--client-id", "id"], { env: { M2MCP_CLIENT_SECRET: "s" } });
  const shell = async (script: string) => {
    const env = { ...home.env, M2MCP: BINARY };
    const child = spawn("bash", ["-c", `${script}; echo "codes \${PIPESTATUS[@]}"`], { env });
    child.stdin.end();
    const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
    const { stdout, stderr } = await collect(child);
    clearTimeout(timer);
    return `${stdout}${stderr}`;
  };
  const read = '"$M2MCP" @svc resources-read';
  const sum = createHash("sha256").update("x".repeat(5_000_000)).digest("hex");
  for (const [script, said] of [
    [`${read} size:5000000 | sha256sum`, `${sum}  -\ncodes 0 0\n`],
    [`${read} size:30000000 | { sleep 1; wc -c; }`, "30000000\ncodes 0 0\n"],
    [`${read} size:5000000 --json | tail -c 5 | tr -d '\\n'`, " ]}codes 0 0 0\n"],
    [`${read} size:5000000 | head -c 3`, "xxxcodes 0 0\n"],
    [`${read} size:5000000 | true`, "codes 0 0\n"],
    ['"$M2MCP" @none ping | cat', /^error: there is no profile @none\n.*|codes 1 0\n/],
    [`${read} size:5000000 >/dev/full`, /codes 1\nerror: the output could not be written: ENOSPC\n/],
    ['"$M2MCP" @none ping 2>/dev/full', "codes 1\n"],
    ['"$M2MCP" @none ping >&- 2>&-', "codes 1\n"],
  ] as const) {
    const heard = await shell(script);
    if (typeof said === "string") expect([script, heard]).toEqual([script, said]);
    else expect(heard).toMatch(said);
  }
  await small.stop();
  await home.remove();
});

describe("the store behind the executable", () => {
  test("uses a real Secret Service: the key is there and in no file", async () => {
    const home = createHome();
    const { id, secret } = world.as.clients.basic;
    const env = { ...home.env, M2MCP: BINARY, ID: id, M2MCP_CLIENT_SECRET: secret, URL: world.mcp.url };
    const { stdout, stderr, code } = await withSecretService(
      `"$M2MCP" login "$URL" @svc --client-id "$ID" && unset M2MCP_CLIENT_SECRET && "$M2MCP" @svc tools-list && "$M2MCP" store && "$M2MCP" store move --to file && "$M2MCP" @svc ping`,
      env,
    );
    expect(stderr).not.toContain("error");
    expect(code).toBe(0);
    expect(stdout).toContain("keyring");
    expect(stdout).toContain("echo");
    await home.remove();
  });

  test("says so when the keyring is wanted and none answers, and stores nothing", async () => {
    const home = createHome();
    const { id, secret } = world.as.clients.basic;
    const { code, stderr } = await home.run([
      "login",
      world.mcp.url,
      "--client-id",
      id,
      "--client-secret",
      secret,
      "--store",
      "keyring",
    ]);
    expect(code).toBe(5);
    expect(stderr).toContain("keyring");
    expect(existsSync(join(home.folder, "store", "profiles"))).toBe(false);
    await home.remove();
  });

  test("many copies at once make one token request", async () => {
    const home = createHome();
    await logIn(world, home);
    for (const name of readdirSync(join(home.folder, "store", "state")))
      rmSync(join(home.folder, "store", "state", name));
    const before = world.as.tokenRequests.length;
    const runs = await Promise.all(Array.from({ length: 16 }, () => home.run(["@svc", "tools-list"])));
    expect(runs.map(({ code }) => code)).toEqual(Array(16).fill(0));
    expect(world.as.tokenRequests.length - before).toBe(1);
    expect(readdirSync(join(home.folder, "store", "locks"))).toEqual([]);
    await home.remove();
  });

  test("a damaged profile is exit 5, named, and left as it is", async () => {
    const home = createHome();
    await logIn(world, home);
    const file = join(home.folder, "store", "profiles", "svc.m2mcp");
    writeFileSync(file, "junk", { mode: 0o600 });
    const { code, stderr } = await home.run(["@svc", "tools-list"]);
    expect(code).toBe(5);
    expect(stderr).toContain(file);
    expect(readFileSync(file, "utf8")).toBe("junk");
    expect((await home.run(["profiles"])).code).toBe(5);
    await home.remove();
  });
});

describe("the same source under Deno", () => {
  const deno = [join(ROOT, "node_modules", ".bin", "deno"), "run", "-A", "--no-lock", join(ROOT, "cli.ts")];

  test("logs in, lists tools and bridges", async () => {
    const home = createHome(deno);
    mkdirSync(join(home.folder, "deno"));
    const { id, secret } = world.as.clients.basic;
    const env = { M2MCP_STORE: "file", DENO_DIR: join(home.folder, "deno") };
    const limitMs = 60_000;
    const login = await home.run(
      ["login", world.mcp.url, "@svc", "--client-id", id, "--client-secret", secret],
      { env, limitMs },
    );
    expect(login.stderr).not.toContain("error");
    expect(login.code).toBe(0);
    expect((await home.run(["@svc", "tools-list"], { env, limitMs })).stdout).toContain("echo");
    const bridged = await home.run(["bridge", "@svc"], {
      env,
      limitMs,
      input: lines(INITIALIZE),
    });
    expect(JSON.parse(bridged.stdout)).toMatchObject({
      id: 1,
      result: { serverInfo: { name: "test-server" } },
    });
    expect(bridged.code).toBe(0);
    await home.remove();
  });
});
