import { OWN_NAME, SPEAKING, type VerbSpec, WORKING } from "./verb-spec.ts";

export const TASKS: readonly VerbSpec[] = [
  {
    name: "tasks-list",
    group: "use",
    arguments: "<target>",
    about: "List your tasks at the server",
    options: SPEAKING,
    examples: [`m2mcp ${OWN_NAME} tasks-list`],
    load: () => import("../../verbs/tasks/list.ts"),
  },
  {
    name: "tasks-get",
    group: "use",
    arguments: "<target> <id>",
    about: "Show the state of a task",
    options: SPEAKING,
    examples: [`m2mcp ${OWN_NAME} tasks-get 786512e2`],
    load: () => import("../../verbs/tasks/get.ts"),
  },
  {
    name: "tasks-result",
    group: "use",
    arguments: "<target> <id>",
    about: "Wait for a task, and show its result",
    options: ["output", "overwrite", ...WORKING],
    examples: [`m2mcp ${OWN_NAME} tasks-result 786512e2`],
    load: () => import("../../verbs/tasks/result.ts"),
  },
  {
    name: "tasks-cancel",
    group: "use",
    arguments: "<target> <id>",
    about: "Cancel a task",
    options: SPEAKING,
    examples: [`m2mcp ${OWN_NAME} tasks-cancel 786512e2`],
    load: () => import("../../verbs/tasks/cancel.ts"),
  },
];
