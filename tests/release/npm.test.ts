// The npm packages, had from a registry on loopback by each package manager, as their users have them.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TARGETS } from "../../.ci/targets.ts";
import { collect } from "../support/home.ts";
import { sharedRelease, target, version } from "../support/release/quick-release.ts";
import { packedIn, type Registry, startRegistry } from "../support/release/registry.ts";
import { packageManagers } from "../support/release/tools.ts";

const work = mkdtempSync(join(tmpdir(), "m2mcp-npm-"));
const own = `m2mcp-${target.name}-${version}.tgz`;
const main = `m2mcp-${version}.tgz`;
const managers = await packageManagers();
if (!managers) console.log("skipped: pnpm and yarn, for the registry is out of reach");

let tarballs: string;
let registry: Registry;
beforeAll(async () => {
  tarballs = join(await sharedRelease(), "npm");
  registry = startRegistry(tarballs);
}, 600_000);
afterAll(() => {
  registry.stop();
  rmSync(work, { recursive: true, force: true });
});

/** An empty project whose package managers know only this registry, and keep what they fetch beside it. */
function project(name: string, url = registry.url): { folder: string; env: Record<string, string> } {
  const folder = join(work, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "project", private: true }));
  writeFileSync(join(folder, ".npmrc"), `registry=${url}\nfund=false\naudit=false\nupdate-notifier=false\n`);
  writeFileSync(
    join(folder, "bunfig.toml"),
    `[install]\nregistry = "${url}"\ncache = "${join(folder, "cache")}"\n`,
  );
  writeFileSync(join(folder, ".yarnrc"), `registry "${url}"\n`);
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: folder,
    npm_config_registry: url,
    npm_config_cache: join(folder, "cache"),
    npm_config_store_dir: join(folder, "store"),
    YARN_CACHE_FOLDER: join(folder, "cache"),
    CI: "true",
  };
  return { folder, env };
}

async function run({ folder, env }: ReturnType<typeof project>, command: string[]) {
  const [program = "", ...args] = command;
  const { code, stdout, stderr } = await collect(spawn(program, args, { cwd: folder, env }));
  return { code, stdout, said: `${stdout}${stderr}` };
}

const started = (folder: string) => [join(folder, "node_modules", ".bin", "m2mcp"), "--version"];

describe("the packages", () => {
  test("run nothing when they are installed, and are ready to be published", () => {
    const packed = packedIn(tarballs);
    expect([...packed.keys()].sort()).toEqual(
      [...TARGETS.map(({ name }) => `m2mcp-${name}-${version}.tgz`), main].sort(),
    );
    for (const [file, manifest] of packed) {
      expect([file, manifest.scripts, manifest.private]).toEqual([file, undefined, undefined]);
      // Provenance is only of a package that says where its source is.
      expect(manifest).toMatchObject({ version, repository: { url: expect.stringContaining("github.com") } });
      const { stdout } = spawnSync("tar", ["-tzf", join(tarballs, file)], { encoding: "utf8" });
      for (const name of file === main ? ["LICENSE", "README.md"] : ["LICENSE", "THIRD-PARTY.md"])
        expect(stdout).toContain(`package/${name}\n`);
    }
    for (const { name, os, cpu, libc } of TARGETS)
      expect(packed.get(`m2mcp-${name}-${version}.tgz`)).toMatchObject({
        name: `@m2mcp/${name}`,
        os: [os],
        cpu: [cpu],
        ...(libc ? { libc: [libc] } : {}),
      });
    expect(Object.keys(packed.get(main)?.optionalDependencies ?? {}).sort()).toEqual(
      TARGETS.map(({ name }) => `@m2mcp/${name}`).sort(),
    );
  });
});

describe.each([
  { name: "npm", command: () => ["npm", "install", "m2mcp"], fetches: [own] },
  { name: "bun", command: () => [process.execPath, "add", "m2mcp"], fetches: [own] },
  { name: "pnpm", command: () => ["node", managers?.pnpm ?? "", "add", "m2mcp"], fetches: [own] },
  // The first yarn knows no libc, and fetches what it does not unpack.
  {
    name: "yarn",
    command: () => ["node", managers?.yarn ?? "", "add", "m2mcp"],
    fetches: TARGETS.map(({ name }) => `m2mcp-${name}-${version}.tgz`),
  },
])("$name", ({ name, command, fetches }) => {
  test.skipIf(!managers && /pnpm|yarn/.test(name))(
    "installs one platform, and starts it",
    async () => {
      registry.forget();
      const its = project(name);
      expect(await run(its, command())).toMatchObject({ code: 0 });
      expect([...new Set(registry.fetched)].sort()).toEqual([...fetches, main].sort());
      expect(await run(its, started(its.folder))).toMatchObject({ code: 0, said: `m2mcp ${version}\n` });
      rmSync(its.folder, { recursive: true });
    },
    240_000,
  );
});

test("npm without optional packages installs, and m2mcp says what is missing", async () => {
  const its = project("without");
  expect(await run(its, ["npm", "install", "--omit=optional", "m2mcp"])).toMatchObject({ code: 0 });
  expect(await run(its, started(its.folder))).toMatchObject({
    code: 1,
    stdout: "",
    said: expect.stringMatching(
      /^error: the package @m2mcp\/\S+ is not installed.*\nhint: install again without/,
    ),
  });
}, 60_000);
