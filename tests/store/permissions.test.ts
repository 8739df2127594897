// Who may read the store, and what links in it are.
import { describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BINARY, collect } from "../support/home.ts";
import { usedStore } from "./used-store.ts";

const { home, world, store, login } = usedStore();

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

test("profiles in a folder that cannot be listed are not taken for gone: nobody says so, and their tokens stay", async () => {
  for (const name of ["@svc", "@other"]) await login("s", {}, name);
  const binary = join(home.folder, "m2mcp");
  cpSync(BINARY, binary);
  const isRoot = process.getuid?.() === 0;
  if (isRoot)
    for (const path of ["", ...readdirSync(home.folder, { recursive: true, encoding: "utf8" })])
      chownSync(join(home.folder, path), 65534, 65534);
  const before = new Date(Date.now() - 86_400_000);
  for (const path of [store("pruned"), store("state", "other.m2mcp")]) utimesSync(path, before, before);
  chmodSync(store("profiles"), 0o300);
  const run = (...args: string[]) => {
    const child = spawn(binary, args, {
      env: home.env,
      cwd: "/",
      ...(isRoot ? { uid: 65534, gid: 65534 } : {}),
    });
    child.stdin.end();
    return collect(child);
  };
  const stderr = expect.stringContaining(
    `error: cannot read ${store("profiles")}: permission denied\nhint: mend its permissions\n`,
  );
  expect(await run("config", "@svc", "timeout=5")).toMatchObject({ code: 0 });
  expect(await run("@svc", "tools-list")).toMatchObject({ code: 0 });
  expect(statSync(store("pruned")).mtimeMs).toBeGreaterThan(before.getTime());
  expect(readdirSync(store("state")).filter((name) => /^(svc|other)\./.test(name))).toHaveLength(2);
  for (const args of [["profiles"], ["grep", "word"], ["export"]]) {
    const told = await run(...args);
    expect(told.stderr).not.toContain("no profiles");
    expect(told).toMatchObject({ code: 5, stdout: "", stderr });
  }
  // Without its description the store would get a new key, for which all of them were rubbish.
  for (const file of ["store.json", "store.key"]) rmSync(store(file));
  expect(await run("login", world.url, "@third", "--client-id", "id", "--client-secret", "s")).toMatchObject({
    code: 5,
    stderr,
  });
  expect(readdirSync(store()).filter((name) => name.startsWith("store."))).toEqual([]);
  chmodSync(store("profiles"), 0o700);
});
