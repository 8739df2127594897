import type { OptionSpec } from "./option-spec.ts";

/** What every verb knows. */
export const GENERAL = {
  json: { group: "general", about: "print one JSON object: the server's result, or the error" },
  jq: {
    group: "general",
    value: "EXPRESSION",
    variable: false,
    about: "print what a jq expression makes of the JSON; strings as they are",
  },
  color: {
    group: "general",
    value: "WHEN",
    about: "colour: auto (default, at a terminal), always or never",
    choices: ["auto", "always", "never"],
  },
  quiet: { group: "general", about: "nothing on stderr but the error that ends the command" },
  verbose: { group: "general", about: "tell each step on stderr, never a secret" },
  help: { group: "general", variable: false, about: "show this help" },
  version: { group: "general", variable: false, about: "show the version" },
  licenses: { group: "general", variable: false, about: "show the notices of what m2mcp is made of" },
} as const satisfies Record<string, OptionSpec>;
