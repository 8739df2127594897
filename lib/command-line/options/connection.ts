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
    about: "a header of each request to the MCP server; ${VAR} is taken from the environment when it is sent",
  },
  ca: {
    group: "connection",
    value: "FILE",
    about: "certificate authorities to trust beside the usual ones, a PEM file; spiffe takes its bundle",
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
    about: "the MCP protocol version to insist on; by default what the server speaks",
    choices: ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"],
  },
  timeout: {
    group: "connection",
    value: "SECONDS",
    about:
      "how long the server may be silent: 60 by default, 600 in a bridge; a request gets six times that in all",
  },
  store: {
    group: "connection",
    value: "PLACE",
    about: "where a new store of profiles keeps its key: keyring, file or passphrase",
    choices: ["keyring", "file", "passphrase"],
  },
  cache: {
    group: "connection",
    value: "URL",
    secret: true,
    expands: true,
    about:
      "share tokens with other machines in this Redis or Valkey, sealed: redis://HOST:PORT, rediss://… or unix:/PATH; off: none",
  },
  "allow-tool": {
    group: "connection",
    value: "PATTERN",
    repeat: true,
    about: "use only tools whose names match; * stands for any text",
  },
  "deny-tool": {
    group: "connection",
    value: "PATTERN",
    repeat: true,
    about: "hide and refuse tools whose names match",
  },
  "read-only": { group: "connection", about: "use only tools that the server marks as read-only" },
  pin: {
    group: "connection",
    about: "refuse tools that have changed since they were first seen; see m2mcp pins",
  },
} as const satisfies Record<string, OptionSpec>;
