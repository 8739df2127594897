import { describe, expect, test } from "bun:test";
import { parseArguments } from "../../lib/command-line/arguments.ts";
import { chooseVerb } from "../../lib/command-line/choose-verb.ts";
import { readOptions } from "../../lib/command-line/option-values.ts";
import { OPTION_NAMES } from "../../lib/command-line/options.ts";
import { isPlaceholder } from "../../lib/command-line/placeholder.ts";
import { profileName, serverUrl } from "../../lib/verbs/target/server-url.ts";

const braces = (text: string) => `$\{${text}}`;
const PLACEHOLDERS = [
  braces("MCP_SECRET"),
  braces("env:MCP_SECRET"),
  braces("input:secret"),
  braces("MCP_SECRET:-"),
  `https://${braces("HOST")}/mcp`,
  "$MCP_SECRET",
  "%MCP_SECRET%",
  "{{MCP_SECRET}}",
  "{{ secrets.mcp }}",
  "<your-secret>",
  "<client id>",
  "YOUR_CLIENT_SECRET",
  "your-client-id",
];
const VALUES = [
  "s3cr3t",
  "my-client",
  "$ecret",
  "50%",
  "a%20b%20",
  "<",
  "{}",
  "$2b$10$abc",
  "yours",
  "{{",
  "x}",
];
const options = (argv: string[], env: Record<string, string>) =>
  readOptions(parseArguments(argv).given, env, OPTION_NAMES, "login");
const refused = expect.objectContaining({
  exitCode: 1,
  message: expect.stringContaining("placeholder that nothing has expanded"),
});

describe("a placeholder:", () => {
  for (const text of PLACEHOLDERS) test(`${text} is one`, () => expect(isPlaceholder(text)).toBe(true));
  for (const text of VALUES) test(`${text} is a value`, () => expect(isPlaceholder(text)).toBe(false));

  test("is refused by the name of its option or variable, and not repeated", () => {
    for (const text of PLACEHOLDERS) {
      const flag = options(["--client-secret", text], {});
      expect(() => flag.value("client-secret")).toThrow("--client-secret is a placeholder");
      const variable = options([], { M2MCP_CLIENT_SECRET: text, M2MCP_TOKEN_PARAM: `a\n${text}` });
      expect(() => variable.value("client-secret")).toThrow("M2MCP_CLIENT_SECRET is a placeholder");
      expect(() => variable.values("token-param")).toThrow("M2MCP_TOKEN_PARAM is a placeholder");
    }
  });
  test("is put in by us or by a shell in headers and commands", () => {
    const header = `X-Key: ${braces("KEY")}`;
    const command = `printf %s "${braces("KEY")}"`;
    const read = options(["--header", header], { M2MCP_CLIENT_SECRET_COMMAND: command });
    expect([read.values("header"), read.value("client-secret-command")]).toEqual([[header], command]);
  });
  test("in the place of a server or a profile is named as one", () => {
    for (const text of [braces("MCP_URL"), "$MCP_URL", "{{url}}", `@${braces("NAME")}`]) {
      expect(() => chooseVerb([text, "tools-list"], ["tools-list"], () => false)).toThrow(refused);
      expect(() => (text.startsWith("@") ? profileName(text) : serverUrl(text))).toThrow(refused);
    }
  });
});
