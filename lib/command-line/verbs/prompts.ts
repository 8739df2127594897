import { OWN_NAME, SPEAKING, type VerbSpec, WORKING } from "./verb-spec.ts";

export const PROMPTS: readonly VerbSpec[] = [
  {
    name: "prompts-list",
    group: "use",
    arguments: "<target>",
    about: "List the server's prompts",
    options: SPEAKING,
    examples: [`m2mcp ${OWN_NAME} prompts-list`],
    load: () => import("../../verbs/prompts/list.ts"),
  },
  {
    name: "prompts-get",
    group: "use",
    arguments: "<target> <name> [...arguments]",
    about: "Show a prompt, filled in with arguments",
    options: ["edit", "no-check", "output", "overwrite", ...WORKING],
    examples: [`m2mcp ${OWN_NAME} prompts-get review language=TypeScript`],
    load: () => import("../../verbs/prompts/get.ts"),
  },
  {
    name: "complete",
    group: "use",
    arguments: "<target> <name> <argument> [...arguments]",
    about: "Show values that the server suggests for an argument of a prompt or template",
    options: SPEAKING,
    examples: [
      `m2mcp ${OWN_NAME} complete review language=`,
      `m2mcp ${OWN_NAME} complete review language=Python framework=fl`,
      `m2mcp ${OWN_NAME} complete 'file:///{path}' path=lo`,
    ],
    load: () => import("../../verbs/prompts/complete.ts"),
  },
];
