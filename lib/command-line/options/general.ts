import type { OptionSpec } from "./option-spec.ts";

/** What every verb knows. */
export const GENERAL = {
  json: { group: "general", about: "print one JSON object: the server's result, or the error" },
  jq: {
    group: "general",
    value: "EXPRESSION",
    variable: false,
    about: "print what this jq expression makes of the JSON; strings without quotes",
  },
  color: {
    group: "general",
    value: "WHEN",
    about: "colour: auto (default, at a terminal), always or never",
    choices: ["auto", "always", "never"],
  },
  quiet: { group: "general", about: "print nothing to stderr but the error that ends the command" },
  verbose: { group: "general", about: "print each step to stderr, never a secret" },
  help: { group: "general", variable: false, about: "show this help" },
  version: { group: "general", variable: false, about: "show the version" },
  licenses: { group: "general", variable: false, about: "show the licences of all that m2mcp contains" },
} as const satisfies Record<string, OptionSpec>;
