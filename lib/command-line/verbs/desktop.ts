import { GENERAL_OPTIONS, type OptionName } from "../options.ts";
import { KEEPING, type OptionMeaning, OWN_NAME, type VerbSpec } from "./verb-spec.ts";

/** Options of what changes hosts' files. */
const CHANGING: readonly OptionName[] = ["host", "scope", "name", "file", "dry-run", "yes"];

/** Hosts have scopes as authorization servers do, of another kind. */
const MEANINGS = {
  scope: {
    about:
      "whose setting it is: user (default), project (this folder's file, shared with others) or local (yours, in this folder)",
    choices: ["user", "project", "local"],
  },
};

/** What a host's model may use: they become arguments of the bridge that it starts. */
const GUARDS = {
  "allow-tool": {
    value: "PATTERN",
    about: "let the host use only tools whose names match; * stands for any text",
  },
  "deny-tool": { value: "PATTERN", about: "hide tools whose names match from the host, and refuse them" },
  "read-only": { about: "let it use only tools that the server marks as read-only" },
  pin: { about: "refuse tools that have changed since first seen" },
} as const satisfies Partial<Record<OptionName, OptionMeaning>>;
const PREFIX = {
  value: "WHEN",
  about: "of several servers, as bridge --help has it",
  choices: ["clash", "always"],
};
const GUARD_NAMES = Object.keys(GUARDS) as (keyof typeof GUARDS)[];

export const DESKTOP: readonly VerbSpec[] = [
  {
    name: "install",
    group: "hosts",
    arguments: "<@name> [...names]",
    about: "Add a saved connection to Claude Desktop and other hosts, after showing the change",
    options: [...CHANGING, "print", "force", "prefix", ...GUARD_NAMES, ...KEEPING],
    meanings: { ...GUARDS, ...MEANINGS, prefix: PREFIX },
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
    arguments: "<@name> [...names]",
    about: "Remove a connection's entry from the hosts it was added to",
    options: [...CHANGING, ...KEEPING],
    meanings: MEANINGS,
    examples: [`m2mcp uninstall ${OWN_NAME}`, `m2mcp uninstall ${OWN_NAME} --host cursor --dry-run`],
    load: () => import("../../verbs/desktop/uninstall.ts"),
  },
  {
    name: "hosts",
    group: "hosts",
    arguments: "",
    about: "List MCP hosts on this machine, their files, and their entries for m2mcp",
    options: GENERAL_OPTIONS,
    examples: ["m2mcp hosts", "m2mcp hosts --json"],
    load: () => import("../../verbs/desktop/hosts.ts"),
  },
  {
    name: "bundle",
    group: "hosts",
    arguments: "[@name|server]",
    about: "Make a .mcpb file that Claude Desktop installs by double click",
    options: ["output", "print", ...GUARD_NAMES, ...KEEPING],
    meanings: {
      ...GUARDS,
      print: { about: "print the manifest, and write nothing" },
      output: { value: "FILE", about: "the file to write; by default here, named after the connection" },
    },
    examples: ["m2mcp bundle", `m2mcp bundle ${OWN_NAME}`, "m2mcp bundle https://mcp.example.com/mcp"],
    load: () => import("../../verbs/desktop/bundle.ts"),
  },
];
