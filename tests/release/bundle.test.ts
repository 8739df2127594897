// The bundle of all platforms, installed and started as a desktop app does.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { started, unpacked } from "../support/desktop-app.ts";
import { createHome } from "../support/home.ts";
import { executableIn, sharedRelease, version } from "../support/release/quick-release.ts";
import { startWorld, type World } from "../support/world.ts";

const work = mkdtempSync(join(tmpdir(), "m2mcp-mcpb-"));
let release = "";
let world: World;
beforeAll(async () => {
  [release, world] = await Promise.all([sharedRelease(), startWorld()]);
}, 600_000);
afterAll(async () => {
  await world?.end();
  rmSync(work, { recursive: true, force: true });
});

const TARGETS = ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64", "windows-x64"];

test.skipIf(process.platform === "win32")(
  "the bundle is valid, has each platform's executable, and bridges with what its user gave",
  async () => {
    const bundle = await unpacked(join(release, `m2mcp-${version}.mcpb`), join(work, "bundle"));
    const { manifest, folder } = bundle;
    expect(manifest).toMatchObject({
      version,
      compatibility: { platforms: ["darwin", "linux", "win32"] },
      server: { type: "binary" },
      user_config: { client_secret: { sensitive: true, required: true } },
    });
    expect(JSON.stringify(manifest)).not.toContain("undefined");
    const executables = TARGETS.map((name) => (name === "windows-x64" ? "m2mcp.exe" : `m2mcp-${name}`));
    expect(readdirSync(join(folder, "server")).sort()).toEqual([...executables, "m2mcp"].sort());
    for (const name of TARGETS) {
      const file = join(folder, "server", name === "windows-x64" ? "m2mcp.exe" : `m2mcp-${name}`);
      expect(readFileSync(file).equals(readFileSync(executableIn(release, name)))).toBe(true);
      expect(statSync(file).mode & 0o777).toBe(0o755);
      const notices = readFileSync(join(folder, `THIRD-PARTY-${name}.md`), "utf8");
      expect(notices).toContain("GNU LESSER GENERAL PUBLIC LICENSE");
    }
    const { id, secret } = world.as.clients.basic;
    const home = createHome();
    const given = { server: world.mcp.url, client_id: id, client_secret: secret };
    const client = await started(bundle, given, home.folder);
    expect(client?.getServerVersion()).toMatchObject({ name: "test-server" });
    expect((await client?.listTools())?.tools.map(({ name }) => name)).toContain("echo");
    await client?.close();
    // What is not given is not started with.
    expect(await started(bundle, { server: world.mcp.url }, home.folder)).toBeUndefined();
    await home.remove();
  },
  240_000,
);
