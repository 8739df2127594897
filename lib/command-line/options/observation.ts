import type { OptionSpec } from "./option-spec.ts";

/** What is written down of requests. */
export const OBSERVATION = {
  otlp: {
    group: "connection",
    value: "URL",
    about: "send traces and metrics there by OTLP; OTEL_EXPORTER_OTLP_ENDPOINT and its like do the same",
  },
  audit: {
    group: "connection",
    value: "FILE",
    about:
      "write a line of JSON for each call of a tool, prompt or resource: a file, stderr, syslog or journald (stderr with severities)",
  },
  "audit-arguments": {
    group: "connection",
    about: "write arguments and results into the audit too: they may hold secrets",
  },
  "audit-rotate": {
    group: "connection",
    value: "SIZE,COUNT",
    about: "move the audit's file aside beyond this size, and keep so many: 64MB,8 by default; off: never",
  },
} as const satisfies Record<string, OptionSpec>;
