// What npm's users start: the shim, in runtimes that can become another program and in those that cannot.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collect, createHome, type Home } from "../support/home.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { INITIALIZE, lines } from "../support/messages.ts";
import { sharedRelease, target, version } from "../support/release/quick-release.ts";
import { runtimes } from "../support/release/tools.ts";
import { until } from "../support/waiting.ts";

const work = mkdtempSync(join(tmpdir(), "m2mcp-shim-"));
const modules = join(work, "node_modules");
const shim = join(modules, "m2mcp", "bin", "m2mcp.cjs");
const others = await runtimes();
if (!others) console.log("skipped: Node before and since process.execve, for the registry has none here");
const started: { name: string; command: string[] }[] = [
  { name: "this machine's Node", command: ["node", shim] },
  { name: "Bun", command: [process.execPath, shim] },
  ...(others
    ? [
        { name: "Node without process.execve", command: [others.before, shim] },
        { name: "Node with process.execve", command: [others.since, shim] },
      ]
    : []),
];

/** As package managers lay it out. */
function unpack(tarball: string, into: string): void {
  mkdirSync(into, { recursive: true });
  const { status } = spawnSync("tar", ["-xzf", tarball, "--strip-components=1", "-C", into]);
  expect(status).toBe(0);
}

beforeAll(async () => {
  const tarballs = join(await sharedRelease(), "npm");
  unpack(join(tarballs, `m2mcp-${version}.tgz`), join(modules, "m2mcp"));
  unpack(join(tarballs, `m2mcp-${target.name}-${version}.tgz`), join(modules, "@m2mcp", target.name));
}, 600_000);
afterAll(() => rmSync(work, { recursive: true, force: true }));

async function withHome(command: string[], work: (home: Home) => Promise<void>): Promise<void> {
  const home = createHome(command);
  try {
    await work(home);
  } finally {
    await home.remove();
  }
}

/** Processes of the executable below this process, however deep (Linux). */
const copies = (pid: number | undefined) =>
  readdirSync("/proc").filter((name) => {
    try {
      const parent = /\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, "utf8"))?.[1];
      return name === `${pid}` || parent === `${pid}`;
    } catch {
      return false;
    }
  });

describe.skipIf(process.platform === "win32").each(started)("the shim in $name", ({ command }) => {
  test("says what the executable says, and ends with its code", () =>
    withHome(command, async (home) => {
      expect(await home.run(["--version"])).toMatchObject({
        code: 0,
        stdout: `m2mcp ${version}\n`,
        stderr: "",
      });
      expect(await home.run(["--nonsense"])).toMatchObject({ code: 1, stdout: "" });
      const server = home.owns(await startLegacyServer((_, response) => response.writeHead(500).end("no")));
      expect((await home.run([server.url, "tools-call", "x", "--no-check"])).code).toBe(2);
      expect((await home.run(["http://127.0.0.1:9", "ping"])).code).toBe(3);
      const refusing = home.owns(await startLegacyServer((_, response) => response.writeHead(401).end()));
      expect((await home.run([refusing.url, "ping"])).code).toBe(4);
      mkdirSync(join(home.folder, "store"), { recursive: true });
      writeFileSync(join(home.folder, "store", "store.json"), "junk");
      expect((await home.run(["store"])).code).toBe(5);
    }));

  test("hands a host's messages on, and ends with its input", () =>
    withHome(command, async (home) => {
      const server = home.owns(await startLegacyServer(() => ({})));
      const { code, stdout } = await home.run(["bridge", server.url], { input: lines(INITIALIZE) });
      expect([code, JSON.parse(stdout).id]).toEqual([0, 1]);
    }));

  test.skipIf(process.platform !== "linux").each([
    ["SIGTERM", [0, null]],
    ["SIGINT", [0, null]],
    ["SIGHUP", [0, null]],
  ] as const)("ends with the bridge at %s, and leaves nothing behind", (signal, end) =>
    withHome(command, async (home) => {
      const server = home.owns(await startLegacyServer(() => ({})));
      const child = home.start(["bridge", server.url]);
      const ended = collect(child);
      child.stdin.write(lines(INITIALIZE));
      await new Promise((resolve) => child.stdout.once("data", resolve));
      const running = copies(child.pid);
      child.kill(signal);
      const { code, signal: by } = await ended;
      expect([code, by]).toEqual([...end]);
      await until(() => running.every((pid) => !copies(Number(pid)).includes(pid)));
    }),
  );
});

test.skipIf(process.platform === "win32")("the shim runs an executable that lost its mode", () =>
  withHome(["node", shim], async (home) => {
    chmodSync(join(modules, "@m2mcp", target.name, "bin", "m2mcp"), 0o644);
    expect(await home.run(["--version"])).toMatchObject({ code: 0, stdout: `m2mcp ${version}\n` });
  }),
);

test("the shim without a package for this platform says so, and how to get one", () => {
  const folder = mkdtempSync(join(tmpdir(), "m2mcp-alone-"));
  const alone = join(folder, "m2mcp.cjs");
  copyFileSync(shim, alone);
  const { status, stdout, stderr } = spawnSync("node", [alone, "--version"], { encoding: "utf8" });
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toContain(`error: the package @m2mcp/${target.name} is not installed`);
  expect(stderr).toContain("hint: install again without --omit=optional");
  rmSync(folder, { recursive: true });
});
