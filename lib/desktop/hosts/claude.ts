import { type Host, plain, typed } from "../host.ts";

/** A user's own file, and what holds it open: it keeps its settings in memory. */
export const CLAUDE_DESKTOP: Host = {
  id: "claude-desktop",
  title: "Claude Desktop",
  format: "json",
  scopes: {
    user: {
      under: ["mcpServers"],
      paths: {
        darwin: ["~/Library/Application Support/Claude/claude_desktop_config.json"],
        linux: ["{XDG_CONFIG_HOME|~/.config}/Claude/claude_desktop_config.json"],
        win32: [
          // The package of the store sees a folder of its own in place of %APPDATA%.
          "{LOCALAPPDATA|~/AppData/Local}/Packages/Claude_*/LocalCache/Roaming/Claude/claude_desktop_config.json",
          "{APPDATA|~/AppData/Roaming}/Claude/claude_desktop_config.json",
        ],
      },
    },
  },
  value: plain,
  signs: ["/Applications/Claude.app", "~/Applications/Claude.app"],
  commands: ["claude-desktop"],
  afterwards: "quit it, from the tray or menu bar too, and start it again",
  rewrites: ["Claude", "claude-desktop", "Claude.exe"],
};

export const CLAUDE_CODE: Host = {
  id: "claude-code",
  title: "Claude Code",
  format: "json",
  scopes: {
    user: { under: ["mcpServers"], paths: ["{CLAUDE_CONFIG_DIR|~}/.claude.json"] },
    local: { under: ["projects", "{cwd}", "mcpServers"], paths: ["{CLAUDE_CONFIG_DIR|~}/.claude.json"] },
    project: { under: ["mcpServers"], paths: ["{cwd}/.mcp.json"] },
  },
  value: typed,
  signs: ["{CLAUDE_CONFIG_DIR|~/.claude}", "{CLAUDE_CONFIG_DIR|~}/.claude.json"],
  commands: ["claude"],
  afterwards: "start a new session; /mcp shows the server",
};
