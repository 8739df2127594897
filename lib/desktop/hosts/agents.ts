import type { Entry } from "../entry.ts";
import { type Host, plain, typed } from "../host.ts";

export const GEMINI: Host = {
  id: "gemini",
  title: "Gemini CLI",
  format: "jsonc",
  scopes: {
    user: { under: ["mcpServers"], paths: ["{GEMINI_CLI_HOME|~}/.gemini/settings.json"] },
    project: { under: ["mcpServers"], paths: ["{cwd}/.gemini/settings.json"] },
  },
  value: plain,
  signs: [],
  commands: ["gemini"],
  afterwards: "start a new session; /mcp shows the server",
};

export const CODEX: Host = {
  id: "codex",
  title: "Codex",
  format: "toml",
  scopes: {
    user: { under: ["mcp_servers"], paths: ["{CODEX_HOME|~/.codex}/config.toml"] },
    project: { under: ["mcp_servers"], paths: ["{cwd}/.codex/config.toml"] },
  },
  value: plain,
  signs: [],
  commands: ["codex"],
  afterwards: "start a new session; /mcp shows the server",
};

export const COPILOT: Host = {
  id: "copilot",
  title: "Copilot CLI",
  format: "jsonc",
  scopes: {
    user: { under: ["mcpServers"], paths: ["{COPILOT_HOME|~/.copilot}/mcp-config.json"] },
    project: { under: ["mcpServers"], paths: ["{cwd}/.mcp.json"] },
  },
  // Without tools it would offer none.
  value: (entry) => ({ ...typed(entry), tools: ["*"] }),
  signs: [],
  commands: ["copilot"],
  afterwards: "start a new session; /mcp show lists the server",
};

/** Goose skips an entry that lacks one of these. */
const extension = ({ command, args, env }: Entry, name: string) => ({
  enabled: true,
  type: "stdio",
  name,
  description: "",
  cmd: command,
  args,
  envs: env,
  env_keys: [],
  timeout: 300,
});

export const GOOSE: Host = {
  id: "goose",
  title: "Goose",
  format: "yaml",
  scopes: {
    user: {
      under: ["extensions"],
      paths: {
        darwin: ["~/.config/goose/config.yaml"],
        linux: ["{XDG_CONFIG_HOME|~/.config}/goose/config.yaml"],
        win32: ["{APPDATA|~/AppData/Roaming}/Block/goose/config/config.yaml"],
      },
    },
  },
  value: extension,
  key: (name) => name.toLowerCase().replace(/\s/g, ""),
  signs: ["/Applications/Goose.app"],
  commands: ["goose"],
  afterwards: "start a new session",
  rewrites: ["goose", "Goose", "goosed", "Goose.exe", "goosed.exe"],
};

export const LM_STUDIO: Host = {
  id: "lm-studio",
  title: "LM Studio",
  format: "jsonc",
  scopes: {
    user: { under: ["mcpServers"], paths: ["~/.lmstudio/mcp.json", "~/.cache/lm-studio/mcp.json"] },
  },
  value: plain,
  signs: ["/Applications/LM Studio.app"],
  commands: ["lms"],
  afterwards: "start it again, or save mcp.json in its editor",
};
