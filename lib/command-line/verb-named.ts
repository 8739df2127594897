import type { VerbSpec } from "./verbs/verb-spec.ts";

/** The verbs of each file of rows, in the order of `VERBS`: a command reads those of its own noun alone. */
const NOUNS: readonly { names: readonly string[]; rows(): Promise<readonly VerbSpec[]> }[] = [
  {
    names: ["login", "connect", "profiles", "config", "export", "import", "logout", "store", "completion"],
    rows: async () => (await import("./verbs/profiles.ts")).PROFILES,
  },
  {
    names: ["tools-list", "tools-get", "tools-call", "pins"],
    rows: async () => (await import("./verbs/tools.ts")).TOOLS,
  },
  {
    names: ["tasks-list", "tasks-get", "tasks-result", "tasks-cancel"],
    rows: async () => (await import("./verbs/tasks.ts")).TASKS,
  },
  {
    names: ["resources-list", "resources-templates-list", "resources-read", "skills"],
    rows: async () => (await import("./verbs/resources.ts")).RESOURCES,
  },
  {
    names: ["prompts-list", "prompts-get", "complete"],
    rows: async () => (await import("./verbs/prompts.ts")).PROMPTS,
  },
  {
    names: ["show", "grep", "request", "run", "watch", "bridge", "serve", "ping", "discover", "doctor"],
    rows: async () => (await import("./verbs/server.ts")).SERVER,
  },
  {
    names: ["token", "headers", "whoami"],
    rows: async () => (await import("./verbs/tokens.ts")).TOKENS,
  },
  {
    names: ["install", "uninstall", "hosts", "bundle"],
    rows: async () => (await import("./verbs/desktop.ts")).DESKTOP,
  },
  {
    names: ["status", "logs"],
    rows: async () => (await import("./verbs/activity.ts")).ACTIVITY,
  },
];

export const VERB_NAMES: readonly string[] = NOUNS.flatMap(({ names }) => names);

/** The row of a verb; undefined where there is none of that name. */
export async function verbNamed(name: string | null): Promise<VerbSpec | undefined> {
  const noun = NOUNS.find(({ names }) => name !== null && names.includes(name));
  return (await noun?.rows())?.find((row) => row.name === name);
}
