// The executables of all platforms, read as files: what is in them, what they need, how they are signed.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { checkMachO, signMachO } from "../../.ci/mach-o.ts";
import { TARGETS } from "../../.ci/targets.ts";
import { ROOT } from "../support/home.ts";
import { executableIn, sharedRelease, target } from "../support/release/quick-release.ts";

const has = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
const work = mkdtempSync(join(tmpdir(), "m2mcp-executables-"));
let release: string;
beforeAll(async () => {
  release = await sharedRelease();
}, 600_000);
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** How compressed content begins (RFC 8878 §3.1.1), and a library for Linux. */
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const LIBRARY = Buffer.from("\x7fELF\x02\x01\x01\0", "latin1");

/** What is compressed at the beginning of some bytes; null where nothing is. */
function unpacked(bytes: Buffer): Buffer | null {
  try {
    return zstdDecompressSync(bytes);
  } catch {
    return null;
  }
}

const bytesOf = (name: string) => readFileSync(executableIn(release, name));

/** In MB, nine tenths of it the runtime. What is large and seldom needed is within them compressed (.ci/embedded.ts). */
const SIZES: Record<string, number> = {
  "linux-x64": 118.7,
  "linux-arm64": 118.7,
  "linux-x64-musl": 112.2,
  "linux-arm64-musl": 111.1,
  "darwin-x64": 106.9,
  "darwin-arm64": 97.8,
  "windows-x64": 125.6,
  "windows-arm64": 110.3,
};

describe.each(TARGETS.map(({ name, addon }) => ({ name, addon })))(
  "the executable of $name",
  ({ name, addon }) => {
    test("holds its own keyring add-on and no other, no path of this machine, and is as large as known", () => {
      const bytes = bytesOf(name);
      const found: string[] = [];
      for (let at = bytes.indexOf("keyring."); at >= 0; at = bytes.indexOf("keyring.", at + 1)) {
        const named = /^keyring\.([a-z0-9-]+)-[0-9a-z]{8}\.(?:node|zst)/.exec(
          bytes.toString("latin1", at, at + 64),
        );
        if (named?.[1]) found.push(named[1]);
      }
      expect([...new Set(found)]).toEqual([addon]);
      for (const path of [ROOT, release, join(homedir(), ".")])
        if (path.length > 5) expect([path, bytes.includes(path)]).toEqual([path, false]);
      const known = (SIZES[name] ?? 0) * 1e6;
      expect(Math.abs(bytes.length - known) / known).toBeLessThan(0.05);
    });
  },
);

describe.each(["darwin-x64", "darwin-arm64"])("the signature of %s", (name) => {
  test("is of all its code, right in each page, and ends the file", () => {
    const bytes = bytesOf(name);
    const { pages, wrong } = checkMachO(bytes);
    expect(wrong).toBe(0);
    expect(pages).toBeGreaterThan(20_000);
    // What is changed afterwards shows.
    bytes.writeUInt8(bytes.readUInt8(50_000_000) ^ 1, 50_000_000);
    expect(checkMachO(bytes)).toEqual({ pages, wrong: 1 });
    expect(checkMachO(signMachO(bytes))).toEqual({ pages, wrong: 0 });
  });
});

describe.skipIf(!has("readelf"))("what the executables for Linux need", () => {
  const read = (file: string, ...options: string[]) =>
    spawnSync("readelf", ["--wide", ...options, file], { encoding: "utf8", maxBuffer: 1 << 28 }).stdout;
  const needed = (file: string) =>
    [...read(file, "--dynamic").matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, library = ""]) => library);

  /** The add-on in an executable, as a file of its own: what is compressed there and begins as a library. */
  function addonOf(name: string): string {
    const bytes = bytesOf(name);
    const file = join(work, `${name}.node`);
    for (let at = bytes.length; ; ) {
      at = bytes.lastIndexOf(ZSTD, at - 1);
      if (at < 0) throw new Error(`no add-on in ${name}`);
      const content = unpacked(bytes.subarray(at));
      if (!content?.subarray(0, 8).equals(LIBRARY)) continue;
      writeFileSync(file, content);
      return file;
    }
  }

  test.each(["linux-x64", "linux-arm64"])("%s: nothing of a glibc younger than 2.17", (name) => {
    for (const file of [executableIn(release, name), addonOf(name)]) {
      const versions = [...read(file, "--version-info").matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) =>
        Number(minor),
      );
      expect(versions.length).toBeGreaterThan(3);
      expect(Math.max(...versions)).toBeLessThanOrEqual(17);
      for (const library of needed(file))
        expect(library).toMatch(/^(lib(c|m|dl|rt|pthread|gcc_s)|ld-linux-(x86-64|aarch64))\.so\.\d$/);
    }
    // The add-on needs libgcc, which is why the .deb asks for it.
    expect(needed(executableIn(release, name))).not.toContain("libgcc_s.so.1");
  });

  test.each(["linux-x64-musl", "linux-arm64-musl"])("%s: libc and libstdc++ alone", (name) => {
    const libc = `libc.musl-${name.includes("arm64") ? "aarch64" : "x86_64"}.so.1`;
    expect(needed(executableIn(release, name)).sort()).toEqual([libc, "libstdc++.so.6"].sort());
    for (const library of needed(addonOf(name)))
      expect(library).toMatch(/^(libc\.so|libc\.musl-.*|libgcc_s\.so\.1)$/);
  });
});

test.skipIf(target.libc === undefined)(
  "a build with the other libc's add-on alone fails, and leaves nothing",
  () => {
    const other = target.libc === "musl" ? "glibc" : "musl";
    const stage = join(work, "stage");
    for (const name of ["cli.ts", "lib", "package.json", "bun.lock", "tsconfig.json", "bunfig.toml", ".ci"])
      cpSync(join(ROOT, name), join(stage, name), { recursive: true });
    const bun = (...args: string[]) => spawnSync(process.execPath, args, { cwd: stage, encoding: "utf8" });
    const install = ["install", "--production", "--frozen-lockfile", "--ignore-scripts"];
    expect(bun(...install, "--os", target.os, "--cpu", target.cpu, "--libc", other).status).toBe(0);
    const addons = readdirSync(join(stage, "node_modules", "@napi-rs")).filter((name) => name !== "keyring");
    expect(addons).toEqual([expect.stringContaining(other === "musl" ? "musl" : "gnu")]);
    const { status, stderr } = bun(".ci/build.ts", "--target", target.name);
    expect([status, stderr]).toEqual([1, expect.stringContaining(`@napi-rs/keyring-${target.addon}`)]);
    expect(existsSync(join(stage, "build"))).toBe(false);
  },
  120_000,
);
