import { expect, test } from "bun:test";
import { redactArguments } from "../../../lib/command-line/arguments/redact-arguments.ts";

for (const [given, shown] of [
  [
    ["login", "h.example/mcp", "--client-id", "i", "--client-secret", "s"],
    "login h.example/mcp --client-id i --client-secret …",
  ],
  [["login", "h.example/mcp", "--client-secret=s", "--json"], "login h.example/mcp --client-secret=… --json"],
  [["login", "h.example/mcp", "--client-secret", "-"], "login h.example/mcp --client-secret -"],
  [["bridge", "@svc", "--header", "Authorization: Bearer s"], "bridge @svc --header …"],
  [
    ["bridge", "@svc", "--token-param", "a=s", "--client-secret-command", "echo s"],
    "bridge @svc --token-param … --client-secret-command …",
  ],
  [["login", "--client-secret", "two", "Words1", "h.example/mcp"], "login --client-secret … … h.example/mcp"],
  [
    ["login", "h.example", "--private-key", "-----BEGIN PRIVATE KEY-----\\nMII"],
    "login h.example --private-key …",
  ],
  [["https://u:p@h.example/mcp?key=s", "tools-list"], "https://…@h.example/mcp?key=… tools-list"],
  [["@svc", "tools-call", "echo", "text=hi", "--json"], "@svc tools-call echo text=hi --json"],
] as const)
  test(`others see: ${shown}`, () => expect(redactArguments(given).join(" ")).toBe(shown));
