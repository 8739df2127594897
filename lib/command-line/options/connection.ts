import type { OptionSpec } from "./option-spec.ts";

/** How a server is reached. */
export const CONNECTION = {
  header: {
    group: "connection",
    value: "'NAME: VALUE'",
    secret: true,
    repeat: true,
    expands: true,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shown to the user as it is written in a shell
    about: "header for MCP requests; ${VAR} is taken from the environment at use",
  },
  ca: {
    group: "connection",
    value: "FILE",
    about: "further certificate authorities, PEM; spiffe takes its trust bundle",
  },
  "allow-http": {
    group: "connection",
    value: "HOST",
    repeat: true,
    about: "allow plain http to this host: credentials and tokens then travel in the clear",
  },
  protocol: {
    group: "connection",
    value: "VERSION",
    about: "MCP protocol version to insist on",
    choices: ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"],
  },
  timeout: {
    group: "connection",
    value: "SECONDS",
    about: "silence after which the server counts as gone; a request gets six times that in all",
  },
  store: {
    group: "connection",
    value: "PLACE",
    about: "where a new store keeps its key: keyring, file or passphrase",
    choices: ["keyring", "file", "passphrase"],
  },
  "allow-tool": {
    group: "connection",
    value: "PATTERN",
    repeat: true,
    about: "use only tools whose names suit: * stands for any text",
  },
  "deny-tool": {
    group: "connection",
    value: "PATTERN",
    repeat: true,
    about: "hide and refuse tools whose names suit",
  },
  "read-only": { group: "connection", about: "use only tools that say of themselves that they only read" },
  pin: {
    group: "connection",
    about: "refuse tools that are no longer what they were at first sight; see m2mcp pins",
  },
} as const satisfies Record<string, OptionSpec>;
