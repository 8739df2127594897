import { type Host, plain, typed } from "../host.ts";

export const CURSOR: Host = {
  id: "cursor",
  title: "Cursor",
  format: "jsonc",
  scopes: {
    user: { under: ["mcpServers"], paths: ["~/.cursor/mcp.json"] },
    project: { under: ["mcpServers"], paths: ["{cwd}/.cursor/mcp.json"] },
  },
  value: typed,
  signs: ["~/.cursor", "/Applications/Cursor.app"],
  commands: ["cursor"],
  afterwards: "its settings, MCP, show the server; switch it on there if it is off",
};

/** The stable edition and the Insiders' differ in their folder alone. */
const vscode = (id: string, title: string, folder: string, command: string): Host => ({
  id,
  title,
  format: "jsonc",
  scopes: {
    user: {
      under: ["servers"],
      paths: {
        darwin: [`~/Library/Application Support/${folder}/User/mcp.json`],
        linux: [`{XDG_CONFIG_HOME|~/.config}/${folder}/User/mcp.json`],
        win32: [`{APPDATA|~/AppData/Roaming}/${folder}/User/mcp.json`],
      },
    },
    project: { under: ["servers"], paths: ["{cwd}/.vscode/mcp.json"] },
  },
  value: typed,
  signs: [],
  commands: [command],
  afterwards: "run MCP: List Servers and start it, or reload the window",
});

export const VSCODE = vscode("vscode", "VS Code", "Code", "code");
export const VSCODE_INSIDERS = vscode(
  "vscode-insiders",
  "VS Code Insiders",
  "Code - Insiders",
  "code-insiders",
);

export const WINDSURF: Host = {
  id: "windsurf",
  title: "Windsurf",
  format: "jsonc",
  scopes: { user: { under: ["mcpServers"], paths: ["~/.codeium/windsurf/mcp_config.json"] } },
  value: plain,
  signs: ["/Applications/Windsurf.app"],
  commands: ["windsurf"],
  afterwards: "press refresh in its list of MCP servers",
};

/** What Windsurf became; its agent reads the file of the same vendor's command line. */
export const DEVIN: Host = {
  id: "devin",
  title: "Devin",
  format: "jsonc",
  scopes: {
    user: {
      under: ["mcpServers"],
      paths: {
        darwin: ["~/.config/devin/config.json", "~/.config/devin/mcp_config.json"],
        linux: [
          "{XDG_CONFIG_HOME|~/.config}/devin/config.json",
          "{XDG_CONFIG_HOME|~/.config}/devin/mcp_config.json",
        ],
        win32: [
          "{APPDATA|~/AppData/Roaming}/devin/config.json",
          "{APPDATA|~/AppData/Roaming}/devin/mcp_config.json",
        ],
      },
    },
    local: { under: ["mcpServers"], paths: ["{cwd}/.devin/config.local.json"] },
    project: { under: ["mcpServers"], paths: ["{cwd}/.devin/config.json"] },
  },
  value: plain,
  signs: ["/Applications/Devin.app"],
  commands: ["devin"],
  afterwards: "start a new session; devin mcp list shows the server",
};

export const ZED: Host = {
  id: "zed",
  title: "Zed",
  format: "jsonc",
  scopes: {
    user: {
      under: ["context_servers"],
      paths: {
        darwin: ["~/.config/zed/settings.json"],
        linux: [
          "{XDG_CONFIG_HOME|~/.config}/zed/settings.json",
          "~/.var/app/dev.zed.Zed/config/zed/settings.json",
        ],
        win32: ["{APPDATA|~/AppData/Roaming}/Zed/settings.json"],
      },
    },
    project: { under: ["context_servers"], paths: ["{cwd}/.zed/settings.json"] },
  },
  value: (entry) => ({ source: "custom", ...plain(entry) }),
  signs: ["/Applications/Zed.app"],
  commands: ["zed", "zeditor"],
  afterwards: "the agent panel's settings show it, started already",
};
