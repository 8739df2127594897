import { describe, expect, test } from "bun:test";
import { chooseVerb } from "../../../lib/command-line/arguments/choose-verb.ts";
import { parseArguments } from "../../../lib/command-line/arguments/parse.ts";
import { readOptions, seconds, timeoutMs } from "../../../lib/command-line/option-values.ts";
import { OPTION_NAMES, type OptionName } from "../../../lib/command-line/options.ts";
import { VERBS } from "../../../lib/command-line/verbs.ts";
import { M2mcpError } from "../../../lib/failure.ts";

const verbs = VERBS.map(({ name }) => name);

function thrown(work: () => unknown): M2mcpError {
  try {
    work();
  } catch (error) {
    if (error instanceof M2mcpError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const options = (
  argv: string[],
  env: Record<string, string> = {},
  known: readonly OptionName[] = OPTION_NAMES,
) => readOptions(parseArguments(argv).given, env, known, "login");

describe("values stay the text they were", () => {
  for (const [flag, value] of [
    ["client-id", "00123"],
    ["client-secret", "1e5"],
    ["client-secret", "-abc"],
    ["client-secret", "--not-an-option"],
    ["client-secret", "-"],
    ["client-secret", "0x10"],
    ["client-secret", "true"],
    ["scope", "a b=c"],
    ["scope", ""],
  ] as const)
    test(`--${flag} ${value}`, () => {
      expect(options([`--${flag}`, value]).value(flag)).toBe(value);
      expect(options([`--${flag}=${value}`]).value(flag)).toBe(value);
    });

  test("positionals too", () => {
    expect(
      parseArguments(["@svc", "tools-call", "echo", "n=007", "-", "--", "--x", "-y"]).positionals,
    ).toEqual(["@svc", "tools-call", "echo", "n=007", "-", "--x", "-y"]);
  });
});

describe("what is wrong is named", () => {
  for (const [argv, message, hint] of [
    [["--client-idd", "x"], "unknown option --client-idd", "did you mean --client-id"],
    [["--Json"], "unknown option --Json", "did you mean --json"],
    [
      ["tools-call", "search", "--query", "shoes"],
      "unknown option --query",
      "an argument is written query=VALUE; put -- before what is no option",
    ],
    [
      ["@svc", "ping", "--zebra"],
      "unknown option --zebra",
      "m2mcp ping --help lists its options; put -- before what is no option",
    ],
    [
      ["--zebra", "doctor", "h.example/mcp"],
      "unknown option --zebra",
      "m2mcp doctor --help lists its options; put -- before what is no option",
    ],
    [
      ["grep", "@svc", "ping", "-z"],
      "unknown option -z",
      "m2mcp grep --help lists its options; put -- before what is no option",
    ],
    [
      ["login", "h.example/mcp", "tools-call", "--zebra"],
      "unknown option --zebra",
      "m2mcp login --help lists its options; put -- before what is no option",
    ],
    [["-x"], "unknown option -x", "m2mcp --help lists the commands; put -- before what is no option"],
    [["--client-secretS3"], "unknown option --client-secret…", "did you mean --client-secret"],
    [["-pS3cret"], "unknown option -p…", "m2mcp --help lists the commands; put -- before what is no option"],
    [["--json=1"], "--json takes no value", "write --json alone"],
    [["--scope"], "--scope needs a value", "write --scope SCOPE"],
    [
      ["--client-id", "--json"],
      "--client-id needs a value",
      "write --client-id ID, or --client-id=VALUE if the value begins with --",
    ],
  ] as const)
    test(argv.join(" "), () => {
      const error = thrown(() => parseArguments(argv));
      expect([error.exitCode, error.message, error.hint]).toEqual([1, message, hint]);
    });

  test("an option of another verb", () => {
    const error = thrown(() => options(["--to", "file"], {}, ["json", "store"]));
    expect(error.message).toBe("--to is no option of login");
  });
});

describe("a target before or after the verb", () => {
  const choose = (words: string[], terminal = false) => chooseVerb(words, verbs, () => terminal);
  test("both spellings read the same", () => {
    expect(choose(["@svc", "tools-call", "add", "a=1"])).toEqual(
      choose(["tools-call", "@svc", "add", "a=1"]),
    );
  });
  test("a URL in place of a name, with and without scheme", () => {
    for (const target of [
      "https://h.example/mcp",
      "http://127.0.0.1:3000/mcp",
      "h.example/mcp",
      "localhost:3000",
    ])
      expect(choose([target, "ping"])).toEqual({ verb: "ping", positionals: [target] });
  });
  test("a target alone is the bridge, at a terminal what the server says", () => {
    expect(choose(["@svc"]).verb).toBe("bridge");
    expect(choose(["https://h.example/mcp"]).verb).toBe("bridge");
    expect(choose(["@svc"], true).verb).toBe("show");
  });
  test("a typo names the nearest, wherever it stands", () => {
    for (const words of [
      ["tool-list", "@svc"],
      ["@svc", "tool-list"],
    ]) {
      const error = thrown(() => choose(words));
      expect([error.exitCode, error.message, error.hint]).toEqual([
        1,
        "unknown command tool-list",
        "did you mean tools-list",
      ]);
    }
  });
  test("help behind a target is not offered in its own place", () => {
    expect(thrown(() => choose(["@svc", "help"])).hint).toBe(
      "m2mcp help <command>, or m2mcp <command> --help",
    );
  });
  test("no words, no verb", () => expect(choose([])).toEqual({ verb: null, positionals: [] }));
});

describe("variables", () => {
  test("stand for options", () => {
    const read = options([], { M2MCP_CLIENT_ID: "00123", M2MCP_DPOP: "1", M2MCP_HEADER: "A: 1\nB: 2\n" });
    expect(read.value("client-id")).toBe("00123");
    expect(read.on("dpop")).toBe(true);
    expect(read.values("header")).toEqual(["A: 1", "B: 2"]);
    expect(read.origin("client-id")).toBe("variable");
  });
  test("a flag beats its variable, and repeats replace it whole", () => {
    const read = options(["--scope", "a", "--header", "C: 3"], { M2MCP_SCOPE: "b", M2MCP_HEADER: "A: 1" });
    expect([read.value("scope"), read.origin("scope")]).toEqual(["a", "flag"]);
    expect(read.values("header")).toEqual(["C: 3"]);
  });
  test("empty is not set; 0 is no; nonsense is an error", () => {
    expect(options([], { M2MCP_CLIENT_ID: "" }).origin("client-id")).toBeUndefined();
    expect(options([], { M2MCP_DPOP: "0" }).on("dpop")).toBe(false);
    expect(thrown(() => options([], { M2MCP_DPOP: "perhaps" }).on("dpop")).message).toBe(
      "M2MCP_DPOP must be 1 or 0",
    );
  });
  test("of options that the verb does not have are not read", () => {
    expect(options([], { M2MCP_SCOPE: "a" }, ["json"]).value("scope")).toBeUndefined();
  });
});

test("--timeout is seconds, and nothing else", () => {
  expect(timeoutMs(options(["--timeout", "1.5"]))).toBe(1500);
  expect(timeoutMs(options([]))).toBeUndefined();
  for (const text of ["", "0", "-1", "soon", "1e99"])
    expect(thrown(() => timeoutMs(options(["--timeout", text]))).exitCode).toBe(1);
});

test.each([
  ["timeout", ["0.5", "1e3", "2000000"], ["2000001"]],
  ["token-lifetime", ["0.5", "315360000"], ["315360001"]],
  ["assertion-lifetime", ["1", "999999"], ["0.5", "1000000"]],
] as const)("--%s takes seconds as far as they make sense", (name, takes, refuses) => {
  for (const text of takes) expect(seconds(options([`--${name}`, text]), name)).toBe(Number(text));
  for (const text of ["0", "-1", "soon", "NaN", "Infinity", ...refuses])
    expect(thrown(() => seconds(options([`--${name}`, text]), name)).message).toBe(
      `--${name} ${text} is no number of seconds`,
    );
});
