import type { OptionSpec } from "./option-spec.ts";

/** What the verbs around hosts' files know. */
export const DESKTOP = {
  host: {
    group: "own",
    value: "HOST",
    repeat: true,
    variable: false,
    about: "one of those that m2mcp hosts lists, or all; by default those found on this machine",
    choices: [
      "claude-desktop",
      "claude-code",
      "cursor",
      "vscode",
      "vscode-insiders",
      "windsurf",
      "devin",
      "zed",
      "gemini",
      "codex",
      "copilot",
      "goose",
      "lm-studio",
      "all",
    ],
  },
  name: {
    group: "own",
    value: "NAME",
    variable: false,
    about: "the entry's name; by default the connection's",
  },
  file: {
    group: "own",
    value: "PATH",
    variable: false,
    about: "the host's file, if it is not in its usual place",
  },
  yes: { group: "own", variable: false, about: "go ahead without asking" },
  "dry-run": { group: "own", variable: false, about: "show what would change, and change nothing" },
  print: { group: "own", variable: false, about: "print the entry, to paste it yourself, and write nothing" },
  force: {
    group: "own",
    variable: false,
    about: "replace an entry of this name even if it does not start m2mcp",
  },
} as const satisfies Record<string, OptionSpec>;
