// `m2mcp hosts`: what is on this machine, where, and what of it is ours.
import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { homeForEachTest } from "../../support/home.ts";

const home = homeForEachTest();
function write(file: string, text: string): string {
  const path = join(home.folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}
const PATH = "/nonexistent";

test("nothing is here, and nothing is made", async () => {
  const { code, stdout, stderr } = await home.run(["hosts"], { env: { PATH } });
  expect([code, stdout]).toEqual([0, ""]);
  expect(stderr).toStartWith(
    "no MCP host was found on this machine\nnot found here: claude-desktop, claude-code,",
  );
});

test("files, entries of ours by what they start, and what cannot be read", async () => {
  write(
    ".cursor/mcp.json",
    JSON.stringify({
      mcpServers: {
        svc: {
          command: "/opt/m2mcp",
          args: ["bridge", "@svc"],
          env: { M2MCP_CLIENT_SECRET: "not-to-be-shown" },
        },
        other: { command: "npx", args: ["-y", "something"] },
        docs: { command: "C:\\tools\\m2mcp.exe", args: ["https://docs.example.com/mcp"] },
        source: { command: "/usr/bin/deno", args: ["run", "-A", "/src/bridge/cli.ts", "bridge", "@dev"] },
      },
    }),
  );
  const zed = write(
    ".config/zed/settings.json",
    '{"context_servers": {"svc": {"command": {"path": "m2mcp", "args": ["bridge", "@svc"]}}}}',
  );
  const goose = write(".config/goose/config.yaml", "extensions:\n  a: [\n");
  mkdirSync(join(home.folder, ".lmstudio"));
  const project = join(home.folder, "work");
  write(
    "work/.vscode/mcp.json",
    '{ // shared\n "servers": { "svc": { "command": "m2mcp", "args": ["bridge", "@svc"] } } }',
  );
  const { code, stdout, stderr } = await home.run(["hosts"], { env: { PATH }, cwd: project });
  expect(code).toBe(0);
  const lines = stdout.split("\n").map((line) => line.trimEnd().replace(/ {2,}/g, "  "));
  expect(lines).toContain(
    "Cursor  cursor  svc, docs (https://docs.example.com/mcp), source (@dev)  ~/.cursor/mcp.json",
  );
  expect(lines).toContain("Zed  zed  svc  ~/.config/zed/settings.json");
  expect(lines).toContain("Goose  goose  cannot be read  ~/.config/goose/config.yaml");
  expect(lines).toContain("LM Studio  lm-studio  no file yet  ~/.lmstudio/mcp.json");
  expect(stderr).toContain(
    `warning: Goose's file cannot be read, so it is left as it is: ${goose}, line 3, column 1`,
  );

  const json = await home.run(["hosts", "--json"], { env: { PATH }, cwd: project });
  for (const text of [stdout, stderr, json.stdout]) expect(text).not.toContain("not-to-be-shown");
  const { hosts } = JSON.parse(json.stdout);
  const of = (id: string) => hosts.find(({ host }: { host: string }) => host === id);
  expect(of("cursor").files[0]).toMatchObject({ scope: "user", exists: true, foreign: 1 });
  expect(of("cursor").files[0].ours[0]).toEqual({
    name: "svc",
    target: "@svc",
    command: "/opt/m2mcp",
    args: ["bridge", "@svc"],
    variables: ["M2MCP_CLIENT_SECRET"],
  });
  expect(of("zed").files[0]).toMatchObject({ file: zed, ours: [{ name: "svc", target: "@svc" }] });
  expect(of("goose").files[0].error).toMatchObject({ name: "damaged_host_file", exitCode: 1 });
  expect(of("vscode")).toMatchObject({
    here: false,
    files: [{ exists: false }, { scope: "project", ours: [{ name: "svc" }] }],
  });
});
