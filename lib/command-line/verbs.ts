import { ACTIVITY } from "./verbs/activity.ts";
import { DESKTOP } from "./verbs/desktop.ts";
import { PROFILES } from "./verbs/profiles.ts";
import { PROMPTS } from "./verbs/prompts.ts";
import { RESOURCES } from "./verbs/resources.ts";
import { SERVER } from "./verbs/server.ts";
import { TASKS } from "./verbs/tasks.ts";
import { TOKENS } from "./verbs/tokens.ts";
import { TOOLS } from "./verbs/tools.ts";
import type { VerbSpec } from "./verbs/verb-spec.ts";

/** All verbs, by noun; help groups them by `group`. */
export const VERBS: readonly VerbSpec[] = [
  ...PROFILES,
  ...TOOLS,
  ...TASKS,
  ...RESOURCES,
  ...PROMPTS,
  ...SERVER,
  ...TOKENS,
  ...DESKTOP,
  ...ACTIVITY,
];
