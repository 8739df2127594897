// Whose work is in the executable, and whether each is named with its licence.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { thirdPartyNotices } from "../../.ci/notices.ts";
import manifest from "../../package.json" with { type: "json" };
import { ROOT } from "../support/home.ts";
import { sharedRelease, target, version } from "../support/release/quick-release.ts";

const addon = `@napi-rs/keyring-${target.addon}`;
const work = mkdtempSync(join(tmpdir(), "m2mcp-notices-"));
let bill: { components: { name: string; version?: string; licenses: unknown[] }[] };
let notices: string;
beforeAll(async () => {
  const release = await sharedRelease();
  bill = JSON.parse(readFileSync(join(release, `m2mcp-${version}.cdx.json`), "utf8"));
  notices = thirdPartyNotices(ROOT, addon);
}, 600_000);
afterAll(() => rmSync(work, { recursive: true, force: true }));

test("every package whose code is in the executable is in the notices and in the bill of materials", async () => {
  const { metafile, logs } = await Bun.build({
    entrypoints: [join(ROOT, "cli.ts")],
    target: "bun",
    metafile: true,
    external: ["@napi-rs/keyring"],
  });
  expect(logs).toEqual([]);
  const bundled = new Set(
    Object.keys(metafile?.inputs ?? {}).flatMap(
      (path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
    ),
  );
  expect(bundled.size).toBeGreaterThan(10);
  for (const name of [...bundled, addon]) {
    expect(notices).toContain(`\n## ${name} `);
    const part = bill.components.find((one) => one.name === name);
    expect([name, part?.licenses.length]).toEqual([name, 1]);
  }
});

test("a dependency that brings no licence text is not built with", () => {
  cpSync(join(ROOT, ".ci", "notices"), join(work, ".ci", "notices"), { recursive: true });
  const modules = join(work, "node_modules");
  for (const name of Object.keys(manifest.dependencies)) {
    mkdirSync(join(modules, name), { recursive: true });
    writeFileSync(join(modules, name, "package.json"), JSON.stringify({ name, version: "1.0.0" }));
    writeFileSync(join(modules, name, "LICENSE"), `the text of ${name}`);
  }
  mkdirSync(join(modules, "new-one"));
  writeFileSync(
    join(modules, "new-one", "package.json"),
    JSON.stringify({ name: "new-one", version: "2.0.0" }),
  );
  const made = (names: string[]) => {
    const own = { ...manifest, dependencies: Object.fromEntries(names.map((name) => [name, "1.0.0"])) };
    writeFileSync(join(work, "package.json"), JSON.stringify(own));
    return thirdPartyNotices(work, "cac");
  };
  expect(made(["cac"])).toContain("the text of cac");
  expect(() => made(["cac", "new-one"])).toThrow("new-one has no licence text");
});

test("the add-on's own parts and the runtime's are named, with how to link them anew", () => {
  const folder = join(ROOT, "node_modules", addon);
  const crates = readdirSync(folder).find((name) => /third-party/i.test(name));
  expect(notices).toContain(
    readFileSync(join(folder, crates ?? ""), "utf8")
      .trim()
      .slice(0, 2000),
  );
  for (const part of [
    `## Bun ${manifest.devDependencies.bun} (commit ${Bun.revision})`,
    "WEBKIT_VERSION",
    "JavaScriptCore and WebCore",
    "TinyCC",
    "--compile-executable-path",
    "## Text of LGPL-2.1",
  ])
    expect(notices).toContain(part);
});
