import { GROUPS } from "../verbs/verb-spec.ts";
import { VERBS } from "../verbs.ts";
import type { Section } from "./layout.ts";

/** The verbs of each group, with its title. */
export const GROUPED = Object.entries(GROUPS).map(([group, title]) => ({
  title,
  verbs: VERBS.filter((verb) => verb.group === group),
}));

/** What the program is, on one screen of 80 columns and 24 lines. */
export const overview = (): Section[] => {
  const rows = [
    ["Usage", "m2mcp <command> [options]; m2mcp <target> <command> … is the same"],
    [
      "",
      "<target> is @name, a saved connection, or a server's URL; alone, it is shown at a terminal, and bridged to stdio in a pipe, as MCP hosts use it",
    ],
    BLANK,
    ...GROUPED.map(({ title, verbs }) => [title, verbs.map(({ name }) => name).join(", ")] as const),
    BLANK,
    ["Start", "m2mcp login mcp.example.com/mcp @svc --client-id ID"],
    ["", "m2mcp @svc tools-list"],
    ["", "m2mcp install @svc, for Claude Desktop and other hosts"],
    ["Exit codes", "0 done, 1 usage, 2 server, 3 network, 4 authorization, 5 store"],
    [
      "More",
      "m2mcp\u00a0help\u00a0<command>; m2mcp\u00a0help commands, credentials, options, environment, exit-codes, json, man; --version, --licenses",
    ],
  ] as const;
  return [
    { parts: [{ text: "m2mcp — use a protected remote MCP server with no human present" }] },
    { parts: [{ rows }] },
  ];
};

const BLANK = ["", ""] as const;

/** All verbs, a line each. */
export const commands = (): Section[] =>
  GROUPED.map(({ title, verbs }) => ({
    title,
    parts: [{ rows: verbs.map((verb) => [`${verb.name} ${verb.arguments}`.trim(), verb.about] as const) }],
  }));
