import { OWN_NAME, SPEAKING, type VerbSpec, WORKING } from "./verb-spec.ts";

export const RESOURCES: readonly VerbSpec[] = [
  {
    name: "resources-list",
    group: "use",
    arguments: "<target>",
    about: "List the server's resources",
    options: SPEAKING,
    examples: [`m2mcp ${OWN_NAME} resources-list`],
    load: () => import("../../verbs/resources/list.ts"),
  },
  {
    name: "resources-templates-list",
    group: "use",
    arguments: "<target>",
    about: "List the server's resource templates",
    options: SPEAKING,
    examples: [`m2mcp ${OWN_NAME} resources-templates-list`],
    load: () => import("../../verbs/resources/templates.ts"),
  },
  {
    name: "resources-read",
    group: "use",
    arguments: "<target> <uri>",
    about: "Print a resource's content, byte for byte in a pipe",
    options: ["output", "overwrite", ...WORKING],
    examples: [
      `m2mcp ${OWN_NAME} resources-read file:///logo.png > logo.png`,
      `m2mcp ${OWN_NAME} resources-read file:///logo.png --output images/`,
    ],
    load: () => import("../../verbs/resources/read.ts"),
  },
  {
    name: "skills",
    group: "use",
    arguments: "<target> [name]",
    about: "List the server's skills, or show one: instructions for an agent",
    options: SPEAKING,
    examples: [`m2mcp ${OWN_NAME} skills`, `m2mcp ${OWN_NAME} skills refunds > SKILL.md`],
    load: () => import("../../verbs/resources/skills.ts"),
  },
];
