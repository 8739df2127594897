import { OWN_NAME, SPEAKING, type VerbSpec } from "./verb-spec.ts";

export const TOKENS: readonly VerbSpec[] = [
  {
    name: "token",
    group: "hosts",
    arguments: "<target>",
    about: "Print a good token for other programs",
    options: ["show", ...SPEAKING],
    examples: [`m2mcp token ${OWN_NAME} > token`, `m2mcp token ${OWN_NAME} --json | jq .expiresAt`],
    load: () => import("../../verbs/tokens/token.ts"),
  },
  {
    name: "headers",
    group: "hosts",
    arguments: "<target>",
    about: "Print the headers of requests as a JSON object, for a host's headersHelper",
    options: ["show", ...SPEAKING],
    examples: [`m2mcp headers ${OWN_NAME} | jq keys`],
    load: () => import("../../verbs/tokens/headers.ts"),
  },
  {
    name: "whoami",
    group: "look inside",
    arguments: "<target>",
    about: "Show what identity and token say of themselves: issuer, subject, audience, scope, end",
    options: SPEAKING,
    examples: [`m2mcp whoami ${OWN_NAME}`, `m2mcp whoami ${OWN_NAME} --json`],
    load: () => import("../../verbs/tokens/whoami.ts"),
  },
];
