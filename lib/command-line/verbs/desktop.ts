import type { OptionName } from "../options.ts";
import { KEEPING, OWN_NAME, type VerbSpec } from "./verb-spec.ts";

/** Options of what changes hosts' files. */
const CHANGING: readonly OptionName[] = ["host", "scope", "name", "yes", "dry-run", ...KEEPING];

/** Hosts have scopes as authorization servers do, of another kind. */
const MEANINGS = {
  scope: {
    about: "user (default), project (a file of this folder, for all who share it) or local (you, here)",
    choices: ["user", "project", "local"],
  },
};

export const DESKTOP: readonly VerbSpec[] = [
  {
    name: "install",
    group: "hosts",
    arguments: "<@name>",
    about: "Add a saved connection to Claude Desktop and other hosts, after showing the change",
    options: ["print", "force", "file", ...CHANGING],
    meanings: MEANINGS,
    examples: [
      `m2mcp install ${OWN_NAME}`,
      `m2mcp install ${OWN_NAME} --host claude-desktop --host cursor --yes`,
      `m2mcp install ${OWN_NAME} --host codex --print`,
    ],
    load: () => import("../../verbs/desktop/install.ts"),
  },
  {
    name: "uninstall",
    group: "hosts",
    arguments: "<@name>",
    about: "Take a connection out of hosts' files again",
    options: CHANGING,
    meanings: MEANINGS,
    examples: [`m2mcp uninstall ${OWN_NAME}`, `m2mcp uninstall ${OWN_NAME} --host cursor --dry-run`],
    load: () => import("../../verbs/desktop/uninstall.ts"),
  },
  {
    name: "hosts",
    group: "hosts",
    arguments: "",
    about: "List the hosts on this machine, their files, and which entries are ours",
    options: KEEPING,
    examples: ["m2mcp hosts", "m2mcp hosts --json"],
    load: () => import("../../verbs/desktop/hosts.ts"),
  },
  {
    name: "bundle",
    group: "hosts",
    arguments: "[@name|server]",
    about: "Make a .mcpb file that Claude Desktop installs: for one connection, one server, or any",
    options: ["output", "print", ...KEEPING],
    meanings: { output: { value: "FILE", about: "the file to write" } },
    examples: ["m2mcp bundle", `m2mcp bundle ${OWN_NAME}`, "m2mcp bundle https://mcp.example.com/mcp"],
    load: () => import("../../verbs/desktop/bundle.ts"),
  },
];
