import type { OptionSpec } from "./option-spec.ts";

/** What the verbs around hosts' files know. */
export const DESKTOP_OPTIONS = {
  host: {
    group: "own",
    value: "HOST",
    repeat: true,
    variable: false,
    about: "a host as m2mcp hosts names it, or all; without it those on this machine",
  },
  scope: {
    group: "own",
    value: "SCOPE",
    variable: false,
    about: "",
  },
} as const satisfies Record<string, OptionSpec>;
