import type { OptionSpec } from "./option-spec.ts";

/** What every verb knows. */
export const GENERAL = {
  json: { group: "general", about: "print JSON; errors too" },
  verbose: { group: "general", about: "tell each step on stderr, never a secret" },
  help: { group: "general", variable: false, about: "show this help" },
  version: { group: "general", variable: false, about: "show the version" },
  licenses: { group: "general", variable: false, about: "show the notices of what m2mcp is made of" },
} as const satisfies Record<string, OptionSpec>;
