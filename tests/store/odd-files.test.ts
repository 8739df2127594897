// What lies in the store's folder is not what it should be, or the file system is not as usual: nothing hangs.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHome, type Home } from "../support/home.ts";
import { type SmallWorld, startSmallWorld } from "../support/oauth/small-world.ts";

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
const login = (env: Record<string, string> = {}) =>
  home.run(["login", world.url, "@svc", "--client-id", "id"], { env: { M2MCP_CLIENT_SECRET: "s", ...env } });
const list = (env: Record<string, string> = {}) => home.run(["@svc", "tools-list"], { env, limitMs: 20_000 });
const pipe = (path: string) => expect(spawnSync("mkfifo", [path]).status).toBe(0);

const FILES = ["store.json", "store.key", "profiles/svc.m2mcp", "state/svc.m2mcp"];
const KINDS: Record<string, (path: string) => void> = {
  pipe,
  folder: (path) => void mkdirSync(path),
  device: (path) => symlinkSync("/dev/zero", path),
};
for (const [kind, make] of Object.entries(KINDS))
  test(`a ${kind} in place of a file of the store is named at once; of state, it stops nothing`, async () => {
    await login();
    for (const name of FILES) {
      const kept = `${store(name)}.kept`;
      spawnSync("mv", [store(name), kept]);
      make(store(name));
      const { code, stdout, stderr } = await list();
      expect([name, code, stderr]).toEqual([
        name,
        name.startsWith("state") ? 0 : 5,
        expect.stringMatching(new RegExp(`cannot read ${store(name)}: it is a ${kind}`)),
      ]);
      if (name.startsWith("state")) expect(stdout).toBe("there\n");
      else expect(stderr).toContain("hint: move away what stands there\n");
      rmSync(store(name), { recursive: true });
      spawnSync("mv", [kept, store(name)]);
    }
    expect((await list()).code).toBe(0);
  });

test("a file of the store that is too long to be one is named, and not read", async () => {
  await login();
  for (const name of FILES) {
    const kept = `${store(name)}.kept`;
    spawnSync("mv", [store(name), kept]);
    writeFileSync(store(name), "");
    truncateSync(store(name), 2 ** 36);
    const { stderr } = await list();
    expect(stderr).toContain(`cannot read ${store(name)}: it is larger than`);
    spawnSync("mv", [kept, store(name)]);
  }
});

test("a lock or a marker that is a pipe holds nobody up", async () => {
  await login();
  rmSync(store("state", "svc.m2mcp"));
  for (const name of ["svc.lock", "svc+write.lock"]) {
    pipe(store("locks", name));
    const { code, stdout, stderr } = await list();
    expect([code, stdout, stderr]).toEqual([0, "there\n", expect.stringContaining(store("locks", name))]);
    rmSync(store("locks", name));
  }
  rmSync(store("pruned"));
  pipe(store("pruned"));
  utimesSync(store("pruned"), 0, 0);
  expect(await list()).toMatchObject({ code: 0, stdout: "there\n", stderr: "" });
  expect(existsSync(store("state", "svc.m2mcp"))).toBe(true);
});

test("a lock, or the guard of one, that is a link to nowhere or a folder is named at once", async () => {
  await login();
  const lock = store("locks", "svc+write.lock");
  for (const [make, named] of [
    [() => symlinkSync("/nonexistent/lock", lock), lock],
    [() => symlinkSync("svc+write.lock", lock), lock],
    [() => mkdirSync(`${lock}.break`), `${lock}.break`],
  ] as const) {
    mkdirSync(store("locks"), { recursive: true });
    // Of an owner who shows no sign of life; a link takes its place.
    if (named !== lock) writeFileSync(lock, "nobody");
    make();
    const { code, stderr } = await home.run(["logout", "@svc"]);
    expect([code, stderr]).toEqual([5, expect.stringContaining(`cannot read ${named}: it`)]);
    rmSync(store("locks"), { recursive: true });
  }
  expect((await home.run(["logout", "@svc"])).code).toBe(0);
});

/** A library that takes the place of libc's functions, as an odd file system would answer; null without a compiler. */
function shim(source: string): string | null {
  const [file, library] = [join(home.folder, "shim.c"), join(home.folder, "shim.so")];
  writeFileSync(
    file,
    `#define _GNU_SOURCE\n#include <errno.h>\n#include <sys/stat.h>\n#include <stdlib.h>\n${source}`,
  );
  return spawnSync("cc", ["-shared", "-fPIC", "-o", library, file]).status === 0 ? library : null;
}
/** Sets `errno` from the environment, so that one library stands for all of them. */
const REFUSAL = 'errno = atoi(getenv("SHIM_ERRNO")); return -1;';
const canCompile = process.platform === "linux" && spawnSync("cc", ["--version"]).status === 0;

test.if(canCompile)("a file system that refuses chmod or fsync is used all the same", async () => {
  const library = shim(`int chmod(const char *p, mode_t m) { ${REFUSAL} }
int fchmod(int f, mode_t m) { ${REFUSAL} }
int fchmodat(int d, const char *p, mode_t m, int g) { ${REFUSAL} }
int fsync(int f) { if (atoi(getenv("SHIM_ERRNO")) == EPERM) return 0; ${REFUSAL} }`);
  expect(library).not.toBe(null);
  // EPERM, ENOSYS, EOPNOTSUPP
  for (const number of ["1", "38", "95"]) {
    const env = {
      LD_PRELOAD: library ?? "",
      SHIM_ERRNO: number,
      M2MCP_HOME: join(home.folder, `store-${number}`),
    };
    const { code, stderr } = await login(env);
    expect([number, code, stderr]).toEqual([number, 0, expect.not.stringContaining("error")]);
    expect(await list(env)).toMatchObject({ code: 0, stdout: "there\n", stderr: "" });
  }
});
