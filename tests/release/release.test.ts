// What a release page needs: each file of this machine's platform is used as its users would.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { TARGETS } from "../../.ci/targets.ts";
import { OPTION_NAMES } from "../../lib/command-line/options.ts";
import { VERBS } from "../../lib/command-line/verbs.ts";
import manifest from "../../package.json" with { type: "json" };
import { ROOT } from "../support/home.ts";
import { COMMIT, makeRelease, sharedRelease, target, version } from "../support/release/quick-release.ts";

const title = `m2mcp-${version}-${target.name}`;
const work = mkdtempSync(join(tmpdir(), "m2mcp-release-"));
let out: string;
const has = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
const sh = (script: string, env: Record<string, string> = {}) => {
  const { status, stdout, stderr } = spawnSync("sh", ["-c", script], {
    cwd: out,
    encoding: "utf8",
    env: { PATH: process.env.PATH ?? "", HOME: work, ...env },
  });
  return { status, said: `${stdout}${stderr}` };
};

beforeAll(async () => {
  out = await sharedRelease();
}, 600_000);
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe.skipIf(process.platform !== "linux")("a release", () => {
  test("is the same from another folder, and without a network", async () => {
    // In a network namespace of its own nothing can be fetched.
    const under = spawnSync("unshare", ["-rn", "true"]).status === 0 ? ["unshare", "-rn"] : [];
    const elsewhere = join(work, "elsewhere", "two");
    await makeRelease(elsewhere, { only: target.name, under });
    const sums = (folder: string) => readFileSync(join(folder, "SHA256SUMS"), "utf8").trim().split("\n");
    // These two are of all platforms that were built.
    const isOfAll = (line: string) => /\.(cdx\.json|mcpb)$/.test(line);
    const own = sums(elsewhere).filter((line) => !isOfAll(line));
    expect(own.length).toBeGreaterThan(6);
    expect(sums(out)).toEqual(expect.arrayContaining(own));
    rmSync(join(work, "elsewhere"), { recursive: true });
  }, 600_000);

  test("has the sums of all its files", () => {
    expect(sh("sha256sum --check --strict --quiet SHA256SUMS")).toEqual({ status: 0, said: "" });
    const named = readFileSync(join(out, "SHA256SUMS"), "utf8")
      .match(/ {2}.+/g)
      ?.map((name) => name.trim());
    const files = readdirSync(out, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(out.length + 1));
    expect(named).toEqual(files.filter((file) => file !== "SHA256SUMS").sort());
  });

  test("names no path of the machine that made it", () => {
    for (const name of [`${target.name}/m2mcp`, `m2mcp-${version}.cdx.json`, "install.sh"]) {
      const bytes = readFileSync(join(out, name));
      for (const path of [ROOT, out, join(homedir(), ".")])
        if (path.length > 5) expect([name, path, bytes.includes(path)]).toEqual([name, path, false]);
    }
  });

  test("tells what it was built of", () => {
    const { status, said } = sh(`./${target.name}/m2mcp --version --json`);
    expect([status, JSON.parse(said)]).toEqual([
      0,
      {
        version,
        commit: COMMIT,
        target: target.name,
        runtime: `bun ${manifest.devDependencies.bun}`,
      },
    ]);
  });

  test("is an archive with manual, completions, licence and notices", () => {
    const { said } = sh(`tar -tJf ${title}.tar.xz | grep -v /$ | sort`);
    expect(said.trim().split("\n")).toEqual(
      [
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "THIRD-PARTY.md",
        "completions/_m2mcp",
        "completions/m2mcp.bash",
        "completions/m2mcp.fish",
        "completions/m2mcp.ps1",
        "m2mcp",
        "m2mcp.1",
      ].map((name) => `${title}/${name}`),
    );
    expect(sh(`tar -xJf ${title}.tar.xz -C "$HOME" && "$HOME/${title}/m2mcp" --version`)).toEqual({
      status: 0,
      said: `m2mcp ${version}\n`,
    });
  });

  test("has a manual of every command and every option, in which nothing is wrong", () => {
    const page = join(work, title, "m2mcp.1");
    const shown = has("man") ? sh(`LC_ALL=C.UTF-8 MANWIDTH=100 man --warnings -l "${page}"`) : undefined;
    if (!shown) console.log("skipped: the manual is not set here, for that needs man");
    const text = shown?.said.replaceAll("\u00ad", "") ?? readFileSync(page, "utf8").replaceAll("\\-", "-");
    expect(text).not.toContain("warning:");
    for (const { name } of VERBS) expect(text).toContain(name);
    for (const name of OPTION_NAMES) expect(text).toContain(`--${name}`);
  });

  test("starts at once", () => {
    const times = Array.from({ length: 9 }, () => {
      const startMs = performance.now();
      spawnSync(join(out, target.name, "m2mcp"), ["--version"]);
      return performance.now() - startMs;
    });
    // Ten times the 20 ms that it needs.
    expect(times.sort((one, other) => one - other)[4]).toBeLessThan(200);
  });

  test("names every package of the bill of materials in the notices", () => {
    const bill = JSON.parse(readFileSync(join(out, `m2mcp-${version}.cdx.json`), "utf8"));
    const notices = readFileSync(join(work, title, "THIRD-PARTY.md"), "utf8");
    const names = bill.components.map((part: { name: string }) => part.name) as string[];
    expect(names).toEqual(expect.arrayContaining([...Object.keys(manifest.dependencies), "bun"]));
    // Of the add-ons each executable has its own.
    const others = new Set(TARGETS.map(({ addon }) => `@napi-rs/keyring-${addon}`));
    others.delete(`@napi-rs/keyring-${target.addon}`);
    expect(names).toEqual(expect.arrayContaining([...others]));
    const parts = bill.components as { name: string; version?: string }[];
    for (const part of parts.filter(({ name }) => !others.has(name)))
      expect(notices).toContain(part.name === "bun" ? `## Bun ${part.version}` : part.name);
    for (const text of ["GNU LESSER GENERAL PUBLIC LICENSE", "WEBKIT_VERSION", "Apache License"])
      expect(notices).toContain(text);
  });
});

describe.skipIf(process.platform !== "linux" || !has("dpkg-deb"))("the Debian package", () => {
  const deb = `m2mcp_${version}_${target.cpu === "x64" ? "amd64" : target.cpu}.deb`;

  test.skipIf(!has("lintian"))(
    "has nothing that lintian minds",
    () => {
      expect(sh(`lintian --allow-root ${deb}`)).toEqual({ status: 0, said: "" });
    },
    240_000,
  );

  test.skipIf(process.getuid?.() !== 0)(
    "is installed, used, and removed without a trace",
    () => {
      const root = join(work, "root");
      const dpkg = `dpkg --root="${root}" --force-depends --force-script-chrootless`;
      mkdirSync(join(root, "var", "lib", "dpkg", "info"), { recursive: true });
      mkdirSync(join(root, "var", "lib", "dpkg", "updates"));
      writeFileSync(join(root, "var", "lib", "dpkg", "status"), "");
      const before = sh(`cd "${root}" && find . -not -path './var/*' | sort`).said;
      expect(sh(`${dpkg} --install ${deb}`)).toMatchObject({ status: 0 });
      expect(sh(`"${root}/usr/bin/m2mcp" --version`)).toEqual({ status: 0, said: `m2mcp ${version}\n` });
      expect(sh(`cd "${root}" && md5sum --check --quiet var/lib/dpkg/info/m2mcp.md5sums`)).toEqual({
        status: 0,
        said: "",
      });
      expect(sh(`${dpkg} --purge m2mcp`)).toMatchObject({ status: 0 });
      expect(sh(`cd "${root}" && find . -not -path './var/*' | sort`).said).toBe(before);
    },
    120_000,
  );
});

describe.skipIf(process.platform !== "linux")("the script that installs", () => {
  const bin = join(work, "bin");
  test("puts the executable in place when its sum is right, and nothing when it is wrong", () => {
    const folder = join(work, "served");
    mkdirSync(folder);
    for (const name of ["SHA256SUMS", `${title}.tar.xz`])
      writeFileSync(join(folder, name), readFileSync(join(out, name)));
    const base = `file://${folder}`;
    const run = () => sh("sh install.sh", { M2MCP_RELEASE_URL: base, M2MCP_INSTALL_DIR: bin });
    expect(run()).toMatchObject({
      status: 0,
      said: expect.stringContaining(`installed m2mcp ${version} as ${bin}/m2mcp`),
    });
    expect(sh(`"${bin}/m2mcp" --version`).said).toBe(`m2mcp ${version}\n`);
    rmSync(bin, { recursive: true });
    writeFileSync(join(folder, `${title}.tar.xz`), "not it");
    expect(run()).toMatchObject({
      status: 1,
      said: expect.stringMatching(/the sum of .* is wrong: nothing was installed/),
    });
    expect(existsSync(bin)).toBe(false);
    rmSync(folder, { recursive: true });
    expect(run()).toMatchObject({ status: 1, said: expect.stringContaining("could not be fetched") });
  });
});
