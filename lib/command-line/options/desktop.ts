import type { OptionSpec } from "./option-spec.ts";

/** What the verbs around hosts' files know. */
export const DESKTOP = {
  host: {
    group: "own",
    value: "HOST",
    repeat: true,
    variable: false,
    about: "a host as m2mcp hosts names it, or all; without it those on this machine",
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
    about: "the entry's name, if not that of the connection",
  },
  file: {
    group: "own",
    value: "PATH",
    variable: false,
    about: "the host's file, where it is not in its usual place",
  },
  yes: { group: "own", variable: false, about: "go ahead without asking" },
  "dry-run": { group: "own", variable: false, about: "show what would change, and change nothing" },
  print: { group: "own", variable: false, about: "print the entry alone, to be pasted" },
  force: {
    group: "own",
    variable: false,
    about: "also in place of an entry that does not start m2mcp",
  },
} as const satisfies Record<string, OptionSpec>;
