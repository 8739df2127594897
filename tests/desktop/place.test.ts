// Where hosts keep their files, on each system.
import { expect, test } from "bun:test";
import type { Scope } from "../../lib/desktop/host.ts";
import { HOSTS, hostNamed } from "../../lib/desktop/hosts/all.ts";
import { isHere, placeOf } from "../../lib/desktop/place.ts";
import type { System } from "../../lib/desktop/system.ts";
import { memorySystem } from "./memory-system.ts";

const fileOf = async (id: string, system: System, scope: Scope = "user") =>
  (await placeOf(hostNamed(id), scope, system))?.file;
const allOf = async (system: System) =>
  Object.fromEntries(await Promise.all(HOSTS.map(async ({ id }) => [id, await fileOf(id, system)] as const)));

test("macOS", async () => {
  const support = "/Users/ada/Library/Application Support";
  expect(await allOf(memorySystem({}, { platform: "darwin", env: { HOME: "/Users/ada" } }))).toEqual({
    "claude-desktop": `${support}/Claude/claude_desktop_config.json`,
    "claude-code": "/Users/ada/.claude.json",
    cursor: "/Users/ada/.cursor/mcp.json",
    vscode: `${support}/Code/User/mcp.json`,
    "vscode-insiders": `${support}/Code - Insiders/User/mcp.json`,
    windsurf: "/Users/ada/.codeium/windsurf/mcp_config.json",
    devin: "/Users/ada/.config/devin/config.json",
    zed: "/Users/ada/.config/zed/settings.json",
    gemini: "/Users/ada/.gemini/settings.json",
    codex: "/Users/ada/.codex/config.toml",
    copilot: "/Users/ada/.copilot/mcp-config.json",
    goose: "/Users/ada/.config/goose/config.yaml",
    "lm-studio": "/Users/ada/.lmstudio/mcp.json",
  });
});

test("Linux, and where variables say otherwise", async () => {
  expect(await allOf(memorySystem({}))).toMatchObject({
    "claude-desktop": "/home/ada/.config/Claude/claude_desktop_config.json",
    vscode: "/home/ada/.config/Code/User/mcp.json",
    goose: "/home/ada/.config/goose/config.yaml",
  });
  const env = {
    XDG_CONFIG_HOME: "/etc/ada",
    CODEX_HOME: "/srv/codex",
    CLAUDE_CONFIG_DIR: "/srv/claude",
    COPILOT_HOME: "/srv/copilot",
    GEMINI_CLI_HOME: "/srv/gemini",
  };
  expect(await allOf(memorySystem({}, { env }))).toMatchObject({
    "claude-desktop": "/etc/ada/Claude/claude_desktop_config.json",
    "claude-code": "/srv/claude/.claude.json",
    zed: "/etc/ada/zed/settings.json",
    gemini: "/srv/gemini/.gemini/settings.json",
    codex: "/srv/codex/config.toml",
    copilot: "/srv/copilot/mcp-config.json",
  });
  // What is relative would be another folder for the host.
  expect(await fileOf("zed", memorySystem({}, { env: { XDG_CONFIG_HOME: "here" } }))).toBe(
    "/home/ada/.config/zed/settings.json",
  );
});

const USER = "C:\\Users\\ada";
const windows = (files: string[]) =>
  memorySystem(Object.fromEntries(files.map((file) => [file, "{}"])), { platform: "win32", cwd: "D:\\work" });
const packaged = (name: string) =>
  `${USER}\\AppData\\Local\\Packages\\${name}\\LocalCache\\Roaming\\Claude\\claude_desktop_config.json`;

test("Windows", async () => {
  expect(await allOf(windows([]))).toMatchObject({
    "claude-desktop": `${USER}\\AppData\\Roaming\\Claude\\claude_desktop_config.json`,
    "claude-code": `${USER}\\.claude.json`,
    vscode: `${USER}\\AppData\\Roaming\\Code\\User\\mcp.json`,
    zed: `${USER}\\AppData\\Roaming\\Zed\\settings.json`,
    goose: `${USER}\\AppData\\Roaming\\Block\\goose\\config\\config.yaml`,
    "lm-studio": `${USER}\\.lmstudio\\mcp.json`,
  });
  expect(await fileOf("vscode", windows([]), "project")).toBe("D:\\work\\.vscode\\mcp.json");
});

test("Windows: Claude Code keeps a project's servers under its folder with slashes", async () => {
  const place = await placeOf(hostNamed("claude-code"), "local", windows([]));
  expect(place?.under).toEqual(["projects", "D:/work", "mcpServers"]);
});

test("Windows: the package of the store before the folder that it does not see", async () => {
  const old = `${USER}\\AppData\\Roaming\\Claude\\claude_desktop_config.json`;
  expect(await fileOf("claude-desktop", windows([old]))).toBe(old);
  expect(await fileOf("claude-desktop", windows([old, packaged("Claude_pzs8sxrjxfjjc")]))).toBe(
    packaged("Claude_pzs8sxrjxfjjc"),
  );
  // Started, but without a file yet.
  const fresh = windows([old, packaged("Claude_a").replace("claude_desktop_config", "config")]);
  expect(await fileOf("claude-desktop", fresh)).toBe(packaged("Claude_a"));
});

test("Windows: of two packages the one that has a file; of two with one, neither is guessed", async () => {
  const claude = hostNamed("claude-desktop");
  const other = packaged("Claude_a").replace("claude_desktop_config", "config");
  const one = await placeOf(claude, "user", windows([other, packaged("Claude_b")]));
  expect([one?.file, one?.others]).toEqual([packaged("Claude_b"), []]);
  const two = await placeOf(claude, "user", windows([packaged("Claude_a"), packaged("Claude_b")]));
  expect([two?.file, two?.others]).toEqual([packaged("Claude_a"), [packaged("Claude_b")]]);
});

test("another folder of a host, where it is the one that is there", async () => {
  const cache = "/home/ada/.cache/lm-studio/mcp.json";
  expect(await fileOf("lm-studio", memorySystem({ [cache]: "{}" }))).toBe(cache);
  const flatpak = "/home/ada/.var/app/dev.zed.Zed/config/zed/settings.json";
  expect(await fileOf("zed", memorySystem({ [flatpak]: "{}" }))).toBe(flatpak);
  const newer = "/home/ada/.config/devin/mcp_config.json";
  expect(await fileOf("devin", memorySystem({ [newer]: "{}" }))).toBe(newer);
});

test("a host is here by its folder, its app or its command, and not by the home that everybody has", async () => {
  const here = async (files: string[], more: Parameters<typeof memorySystem>[1] = {}) => {
    const system = memorySystem(Object.fromEntries(files.map((file) => [file, ""])), more);
    const found = await Promise.all(
      HOSTS.map(async (host) => ((await isHere(host, system)) ? [host.id] : [])),
    );
    return found.flat();
  };
  expect(await here(["/home/ada/notes.txt"])).toEqual([]);
  expect(await here(["/home/ada/.cursor/extensions/x"])).toEqual(["cursor"]);
  expect(await here(["/home/ada/.claude/history.jsonl"])).toEqual(["claude-code"]);
  expect(await here(["/opt/bin/codex"], { env: { PATH: "/usr/bin:/opt/bin" } })).toEqual(["codex"]);
  const mac = { platform: "darwin", env: { HOME: "/Users/ada" } };
  expect(await here(["/Applications/Claude.app/Contents/Info.plist"], mac)).toEqual(["claude-desktop"]);
  const path = { platform: "win32", env: { PATH: "C:\\Windows;C:\\tools" } };
  expect(await here(["C:\\tools\\claude.cmd"], path)).toEqual(["claude-code"]);
});

test("hosts are known by their names, however they are spaced", () => {
  for (const text of ["Claude Desktop", "claude_desktop", "CLAUDE-DESKTOP"])
    expect(hostNamed(text).id).toBe("claude-desktop");
  expect(hostNamed("vs code").id).toBe("vscode");
  expect(() => hostNamed("claude")).toThrow("no host is called claude");
});
