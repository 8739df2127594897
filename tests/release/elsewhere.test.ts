// Executables for other machines, where something here can run them; what cannot be run is said aloud.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withSecretService } from "../store/secret-service.ts";
import { createHome } from "../support/home.ts";
import { INITIALIZE, lines } from "../support/messages.ts";
import { executableIn, sharedRelease, target, version } from "../support/release/quick-release.ts";
import { endWine, missingForWine, prepareWine, WINE } from "../support/release/wine.ts";
import { startWorld, type World } from "../support/world.ts";

const has = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
const work = mkdtempSync(join(tmpdir(), "m2mcp-elsewhere-"));
let release = "";
let world: World;
beforeAll(async () => {
  [release, world] = await Promise.all([sharedRelease(), startWorld()]);
}, 600_000);
afterAll(async () => {
  if (existsSync(join(work, "wine"))) endWine({ WINEPREFIX: join(work, "wine") });
  await world?.end();
  rmSync(work, { recursive: true, force: true });
});

/** What glibc's libstdc++ and libgcc want of their own libc: Debian has none for musl. */
const FOR_MUSL = `
char __libc_single_threaded;
unsigned __cpu_model[4];
int __cpu_indicator_init(void) { return 0; }
unsigned arc4random(void) { return 4; }
int _dl_find_object(void *at, void *into) { return -1; }
int __cxa_thread_atexit_impl(void (*end)(void *), void *of, void *library) { return 0; }
extern unsigned long strftime_l(char *, unsigned long, const char *, const void *, void *);
unsigned long __strftime_l(char *a, unsigned long b, const char *c, const void *d, void *e) {
  return strftime_l(a, b, c, d, e);
}
`;

interface Elsewhere {
  name: string;
  /** What is missing here, or null. */
  missing(): string | null;
  /** What stands before the executable's path, and the variables it needs. */
  start(): { command: string[]; env: Record<string, string> };
}

const ELSEWHERE: Elsewhere[] = [
  {
    name: "linux-arm64",
    missing: () =>
      !has("qemu-aarch64-static") ? "qemu-user-static" : existsSync(ARM64) ? null : "libc6-arm64-cross",
    start: () => ({
      // Of this libc all parts, though another one be there too.
      command: ["qemu-aarch64-static", "-L", ARM64, "-E", `LD_LIBRARY_PATH=${join(ARM64, "lib")}`],
      env: {},
    }),
  },
  {
    name: "linux-x64-musl",
    missing: () =>
      !existsSync("/lib/ld-musl-x86_64.so.1")
        ? "musl"
        : has("cc")
          ? null
          : "a C compiler, for musl's libstdc++",
    start: () => {
      const libraries = "/usr/lib/x86_64-linux-gnu";
      for (const library of ["libstdc++.so.6", "libgcc_s.so.1"])
        spawnSync("cp", ["-L", join(libraries, library), work]);
      writeFileSync(join(work, "shim.c"), FOR_MUSL);
      // Under the name of the loader that those two need.
      const made = spawnSync(
        "cc",
        ["-shared", "-fPIC", "-nostdlib", "-w", "-o", "ld-linux-x86-64.so.2", "shim.c"],
        { cwd: work, encoding: "utf8" },
      );
      expect(made.stderr).toBe("");
      return { command: [], env: { LD_LIBRARY_PATH: work } };
    },
  },
  {
    name: "windows-x64",
    missing: missingForWine,
    start: () => ({ command: [WINE], env: prepareWine(work).env }),
  },
];
const ARM64 = "/usr/aarch64-linux-gnu";

test.skipIf(process.platform !== "linux" || target.libc !== "glibc" || !has("gnome-keyring-daemon"))(
  "the executable for musl has its own add-on, and uses the keyring where all else is glibc's",
  async () => {
    const musl = ELSEWHERE.find(({ name }) => name === "linux-x64-musl");
    if (!musl || musl.missing() !== null) return;
    const { env } = musl.start();
    const home = createHome();
    const { id, secret } = world.as.clients.basic;
    const { stdout } = await withSecretService(
      `m() { LD_LIBRARY_PATH="$LIBRARIES" "$M2MCP" "$@"; }
      m login "$URL" @svc --client-id "$ID" --store keyring >/dev/null && m @svc tools-list && m store`,
      {
        ...home.env,
        M2MCP: executableIn(release, "linux-x64-musl"),
        LIBRARIES: env.LD_LIBRARY_PATH ?? "",
        URL: world.mcp.url,
        ID: id,
        M2MCP_CLIENT_SECRET: secret,
      },
    );
    expect(stdout).toContain("echo");
    expect(stdout).toContain("in the OS keyring");
    await home.remove();
  },
  120_000,
);

describe.each(ELSEWHERE)("the executable of $name", ({ name, missing, start }) => {
  const lacks = process.platform !== "linux" || target.cpu !== "x64" ? "linux-x64" : missing();
  if (lacks) console.log(`skipped: ${name} is not run here, for that needs ${lacks}`);
  test.skipIf(lacks !== null)(
    "says its version, logs in, lists tools, bridges, and keeps its store in a file",
    async () => {
      const { command, env } = start();
      const home = createHome([...command, executableIn(release, name)]);
      Object.assign(home.env, env);
      try {
        const about = await home.run(["--version", "--json"]);
        expect(about).toMatchObject({ code: 0 });
        expect(JSON.parse(about.stdout)).toMatchObject({ version, target: name });
        const { id, secret } = world.as.clients.basic;
        const login = await home.run(["login", world.mcp.url, "@svc", "--client-id", id], {
          env: { M2MCP_CLIENT_SECRET: secret, M2MCP_STORE: "file" },
        });
        expect([login.code, login.stderr]).toEqual([0, expect.not.stringContaining("error")]);
        expect(existsSync(join(home.folder, "store", "store.key"))).toBe(true);
        expect(readdirSync(join(home.folder, "store", "profiles"))).toEqual(["svc.m2mcp"]);
        const listed = await home.run(["@svc", "tools-list", "--json"]);
        expect(JSON.parse(listed.stdout).tools.map((tool: { name: string }) => tool.name)).toContain("echo");
        // From a file: under wine a pipe is at its end at once.
        const messages = join(work, "messages");
        writeFileSync(messages, lines(INITIALIZE));
        const shell = ["sh", "-c", `exec "$0" "$@" <"${messages}"`];
        const from = createHome([...shell, ...command, executableIn(release, name)]);
        Object.assign(from.env, home.env);
        const bridged = await from.run(["bridge", "@svc"]);
        await from.remove();
        expect(bridged.code).toBe(0);
        expect(JSON.parse(bridged.stdout)).toMatchObject({ id: 1, result: { serverInfo: {} } });
        expect((await home.run(["@none", "ping"])).code).toBe(1);
      } finally {
        await home.remove();
      }
    },
    240_000,
  );
});
