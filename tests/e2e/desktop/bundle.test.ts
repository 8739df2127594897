// Bundles, taken apart and run as an app does: by the format's own tool, and the official client.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { v0_3 } from "@anthropic-ai/mcpb";
import { started, unpacked } from "../../support/desktop-app.ts";
import { createHome, type Home } from "../../support/home.ts";
import { logIn, startWorld, type World } from "../../support/world.ts";

let world: World;
let home: Home;
beforeAll(async () => {
  world = await startWorld();
  home = createHome();
  await logIn(world, home);
});
afterAll(async () => {
  await home.remove();
  await world.end();
});

const TIME_MS = 120_000;

/** Makes a bundle and takes it apart, as an app does at its installation. */
async function installed(name: string, args: string[]) {
  const file = join(home.folder, `${name}.mcpb`);
  const made = await home.run(["bundle", ...args, "--output", file], { limitMs: TIME_MS });
  expect([made.code, made.stdout]).toEqual([0, expect.stringContaining(file)]);
  return { file, ...(await unpacked(file, join(home.folder, name))) };
}

describe("a bundle for any server", () => {
  // Made once: to compress the executable takes seconds.
  let made: ReturnType<typeof installed> | undefined;
  const anyServer = () => {
    made ??= installed("any", []);
    return made;
  };

  test(
    "asks for server, client id and secret, and uses them",
    async () => {
      const bundle = await anyServer();
      expect(bundle.manifest).toMatchObject({
        name: "m2mcp",
        server: { type: "binary" },
        compatibility: { platforms: [process.platform] },
        user_config: {
          server: { required: true },
          client_id: { required: true },
          client_secret: { required: true, sensitive: true },
        },
      });
      expect(readdirSync(bundle.folder).sort()).toEqual(["manifest.json", "server"]);
      expect(statSync(join(bundle.folder, bundle.manifest.server.entry_point)).mode & 0o777).toBe(0o755);

      const { id, secret } = world.as.clients.basic;
      const other = createHome();
      const given = { server: world.mcp.url, client_id: id, client_secret: secret };
      const client = await started(bundle, given, other.folder);
      const called = await client?.callTool({ name: "add", arguments: { a: 2, b: 3 } });
      expect(called?.structuredContent).toEqual({ sum: 5 });
      await client?.close();
      // Without them an app starts nothing.
      expect(await started(bundle, { server: world.mcp.url }, other.folder)).toBeUndefined();
      // A wrong secret is told in words.
      const wrong = started(bundle, { ...given, client_secret: "wrong" }, createHome().folder);
      await expect(wrong).rejects.toThrow("refused to issue a token: invalid_client");
      await wrong.catch(() => {});
      await other.remove();
    },
    TIME_MS,
  );

  test(
    "is the same, byte for byte, each time",
    async () => {
      const { file } = await anyServer();
      const again = join(home.folder, "again.mcpb");
      await home.run(["bundle", "--output", again], { limitMs: TIME_MS, env: { TZ: "Asia/Tokyo" } });
      expect(readFileSync(again).equals(readFileSync(file))).toBe(true);
    },
    TIME_MS,
  );
});

test("a bundle for one server asks for client id and secret alone", async () => {
  const { code, stdout } = await home.run(["bundle", "mcp.example.com/mcp", "--print"]);
  const manifest = v0_3.McpbManifestSchema.parse(JSON.parse(stdout));
  expect([code, Object.keys(manifest.user_config ?? {})]).toEqual([0, ["client_id", "client_secret"]]);
  expect(manifest.name).toBe("m2mcp-mcp-example-com");
  expect(manifest.server.mcp_config?.args).toEqual(["bridge", "https://mcp.example.com/mcp"]);
  const secret = await home.run(["bundle", "https://mcp.example.com/mcp?key=abc", "--print"]);
  expect([secret.code, secret.stderr]).toEqual([1, expect.stringContaining("may hold a secret")]);
  expect(secret.stderr).not.toContain("abc");
});

test(
  "a bundle for a saved connection asks for nothing, and holds no secret",
  async () => {
    const bundle = await installed("svc", ["@svc"]);
    const { secret } = world.as.clients.basic;
    expect(JSON.stringify(bundle.manifest)).not.toContain(secret);
    expect(bundle.manifest.user_config).toBeUndefined();
    const client = await started(bundle, {}, home.folder);
    expect((await client?.listTools())?.tools.map(({ name }) => name)).toContain("add");
    await client?.close();
  },
  TIME_MS,
);

test(
  "what cannot be written is told, and leaves nothing behind",
  async () => {
    const { code, stderr } = await home.run(["bundle", "--output", join(home.folder, "none", "x.mcpb")], {
      limitMs: TIME_MS,
    });
    expect([code, stderr]).toEqual([1, expect.stringContaining("there is no such file or folder")]);
    expect(existsSync(join(home.folder, "none"))).toBe(false);
    const folder = await home.run(["bundle", "--output", home.folder], { limitMs: TIME_MS });
    expect([folder.code, folder.stderr]).toEqual([
      1,
      expect.stringMatching(/^error: cannot write .*\nhint: --output FILE names another place\n$/),
    ]);
    // Where nothing can be written, nothing can be removed either.
    const sealed = await home.run(["bundle", "--output", "/proc/x.mcpb"], { limitMs: TIME_MS });
    expect([sealed.code, sealed.stderr]).toEqual([1, expect.stringMatching(/^error: cannot write /)]);
    expect((await home.run(["bundle", "@missing", "--print"])).stderr).toContain(
      "there is no profile @missing",
    );
  },
  TIME_MS,
);
