import { GENERAL_OPTIONS } from "../options.ts";
import { OWN_NAME, type VerbSpec } from "./verb-spec.ts";

/** What bridges wrote down of themselves. */
export const ACTIVITY: readonly VerbSpec[] = [
  {
    name: "status",
    group: "look inside",
    arguments: "[target]",
    about: "Show running bridges: who started them, calls, errors, the last error",
    options: GENERAL_OPTIONS,
    examples: ["m2mcp status", "m2mcp status --json"],
    load: () => import("../../verbs/activity/status.ts"),
  },
  {
    name: "logs",
    group: "look inside",
    arguments: "[target]",
    about: "Show the log of bridges: starts, sessions and errors, nothing secret",
    options: ["follow", "lines", ...GENERAL_OPTIONS],
    examples: ["m2mcp logs", `m2mcp logs ${OWN_NAME} --follow`],
    load: () => import("../../verbs/activity/logs.ts"),
  },
];
