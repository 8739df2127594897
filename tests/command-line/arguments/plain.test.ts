import { expect, test } from "bun:test";
import { parseArguments } from "../../../lib/command-line/arguments/parse.ts";
import { plainArguments } from "../../../lib/command-line/arguments/plain.ts";

const PLAIN = [
  [],
  ["--version"],
  ["-V"],
  ["-h", "login"],
  ["@svc", "tools-list"],
  ["@svc", "tools-list", "--json", "--json", "--verbose"],
  ["--json", "@svc", "tools-call", "echo", "n=007", "-"],
];

const OTHER = [
  ["--"],
  ["--", "--json"],
  ["-json"],
  ["-xjson"],
  ["--json=1"],
  ["--timeout", "5"],
  ["--timeout=5"],
  ["--unknown"],
  ["-hv"],
  ["---json"],
  ["-5"],
];

test("positionals and whole switches are read as the parser reads them", () => {
  for (const argv of PLAIN) expect(plainArguments(argv)).toEqual(parseArguments(argv));
});

test("all else is left to the parser", () => {
  for (const argv of OTHER) expect(plainArguments(argv)).toBeNull();
});
