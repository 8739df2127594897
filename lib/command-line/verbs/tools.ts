import { OWN_NAME, SPEAKING, type VerbSpec, WORKING } from "./verb-spec.ts";

export const TOOLS: readonly VerbSpec[] = [
  {
    name: "tools-list",
    group: "use",
    arguments: "<target>",
    about: "List the server's tools",
    options: SPEAKING,
    examples: [
      `m2mcp ${OWN_NAME} tools-list`,
      `m2mcp tools-list ${OWN_NAME} --json`,
      `m2mcp ${OWN_NAME} tools-list --jq '.tools[].name'`,
    ],
    load: () => import("../../verbs/tools/list.ts"),
  },
  {
    name: "tools-get",
    group: "use",
    arguments: "<target> <name>",
    about: "Show what a tool does and which arguments it takes",
    options: SPEAKING,
    examples: [`m2mcp ${OWN_NAME} tools-get search`],
    load: () => import("../../verbs/tools/get.ts"),
  },
  {
    name: "tools-call",
    group: "use",
    arguments: "<target> <name> [...arguments]",
    about: "Call a tool; arguments are typed and checked by its schema",
    options: ["edit", "no-check", "task", "detach", "output", "overwrite", ...WORKING],
    examples: [
      `m2mcp ${OWN_NAME} tools-call search query='red shoes' limit=5 filter.inStock=true`,
      `echo '{"query":"red shoes"}' | m2mcp ${OWN_NAME} tools-call search -`,
    ],
    load: () => import("../../verbs/tools/call.ts"),
  },
  {
    name: "pins",
    group: "hosts",
    arguments: "<action> <target> [...tools]",
    about: "Show and approve changes of tools that --pin has refused",
    options: ["yes", ...SPEAKING],
    examples: [`m2mcp pins list ${OWN_NAME}`, `m2mcp pins approve ${OWN_NAME} search`],
    load: () => import("../../verbs/policy/pins.ts"),
  },
];
