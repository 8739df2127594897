import { describe, expect, test } from "bun:test";
import type { Known } from "../../lib/command-line/completion/candidate.ts";
import { completionOf } from "../../lib/command-line/completion/candidates.ts";
import { readQuestion, writeReply } from "../../lib/command-line/completion/reply.ts";
import { escaped, splitLine } from "../../lib/command-line/completion/shell-words.ts";
import { SHELLS } from "../../lib/command-line/completion/shells.ts";
import { OPTION_NAMES, OPTIONS } from "../../lib/command-line/options.ts";
import { VERBS } from "../../lib/command-line/verbs.ts";
import { HOSTS } from "../../lib/desktop/hosts/all.ts";
import { LEGACY_VERSIONS, MODERN_VERSIONS } from "../../lib/mcp/protocol/versions.ts";

const EVIL = "$(touch pwned)";
const known: Known = {
  profiles: async () => ["staging", "svc"],
  catalogue: async (target) =>
    target === "@svc"
      ? {
          tools: [
            {
              name: "add",
              about: "Adds",
              arguments: [
                { name: "mode", required: false, type: "string", choices: ["fast", "slow"] },
                { name: "a", required: true, type: "number", choices: [] },
                { name: "b", required: true, type: "number", choices: [] },
              ],
            },
            { name: "ns:it's", about: "", arguments: [] },
            { name: EVIL, about: "x\u001b[31m\ty\nz", arguments: [] },
            { name: "two\nlines", about: "", arguments: [] },
            { name: "\u001b]0;x\u0007", about: "", arguments: [] },
          ],
          prompts: [
            {
              name: "review",
              about: "Reviews",
              arguments: [{ name: "language", required: true, type: "string", choices: [] }],
            },
          ],
        }
      : { tools: [], prompts: [] },
};

/** What a line of bash is completed with, values alone. */
async function values(line: string) {
  const { words, last } = splitLine(line);
  return (await completionOf(words, last.value, known)).candidates.map(({ value }) => value);
}

describe("what is offered:", () => {
  test("commands, help and profiles in the first place", async () => {
    expect(await values("")).toEqual([...VERBS.map(({ name }) => name), "help", "@staging", "@svc"]);
    const ofTools = VERBS.map(({ name }) => name).filter((name) => name.startsWith("tools-"));
    expect(ofTools).toContain("tools-call");
    expect(await values("tools-")).toEqual(ofTools);
    expect(await values("@")).toEqual(["@staging", "@svc"]);
  });
  test("behind a target, the commands that take one", async () => {
    const offered = await values("@svc ");
    expect(offered).toContain("tools-call");
    expect(offered).toContain("request");
    for (const other of ["store", "profiles", "completion", "hosts"]) expect(offered).not.toContain(other);
    expect(await values("https://mcp.example.com/mcp tools-l")).toEqual(["tools-list"]);
  });
  test("profiles where a target stands behind the command", async () => {
    for (const verb of ["tools-list", "logout", "connect", "doctor", "status", "install", "discover"])
      expect(await values(`${verb} @s`)).toEqual(["@staging", "@svc"]);
    expect(await values("login ")).toEqual([]);
  });
  test("tools and their arguments, prompts and theirs, in both orders", async () => {
    for (const start of [
      "@svc tools-call",
      "tools-call @svc",
      "tools-call --json @svc",
      "--timeout 3 @svc tools-call",
    ]) {
      expect(await values(`${start} `)).toEqual(["add", "ns:it's", EVIL]);
      expect(await values(`${start} add `)).toEqual(["a=", "b=", "mode="]);
      expect(await values(`${start} add a=1 b:=2 `)).toEqual(["mode="]);
      expect(await values(`${start} add a=1 mode=`)).toEqual(["mode=fast", "mode=slow"]);
      expect(await values(`${start} add mode=s`)).toEqual(["mode=slow"]);
    }
    expect(await values("@svc tools-get a")).toEqual(["add"]);
    expect(await values("@svc prompts-get ")).toEqual(["review"]);
    expect(await values("@svc prompts-get review ")).toEqual(["language="]);
    expect(await values("@svc complete review ")).toEqual(["language="]);
    for (const line of ["pins approve @svc a", "@svc pins approve a"])
      expect(await values(line)).toEqual(["add"]);
    for (const line of ["pins ", "@svc pins "])
      expect(await values(line)).toEqual(["list", "show", "approve", "reset"]);
    expect(await values("pins approve @sv")).toEqual(["@svc"]);
    expect(await values("@other tools-call ")).toEqual([]);
  });
  test("options that the command has and were not given", async () => {
    expect(await values("store --t")).toEqual(["--to"]);
    expect(await values("tools-list --json --js")).toEqual([]);
    expect(await values("tools-list --header 'A: b' --head")).toEqual(["--header"]);
    expect(await values("@svc tools-list --tim")).toEqual(["--timeout"]);
    expect(await values("tools-call @svc add -- --j")).toEqual([]);
    expect(await values("--ver")).toEqual(["--verbose", "--version"]);
  });
  test("values of options, in the same word or the next", async () => {
    expect(await values("store move --to ")).toEqual(["keyring", "file", "passphrase"]);
    expect(await values("store move --to=p")).toEqual(["--to=passphrase"]);
    expect(await values("login x --grant j")).toEqual(["jwt-bearer"]);
    expect(await values("connect x @n --profile @st")).toEqual(["@staging"]);
    // The same option of another command has other values.
    expect(await values("install @svc --scope ")).toEqual(["user", "project", "local"]);
    expect(await values("login x --scope ")).toEqual([]);
  });
  test("files where an option or a place takes one", async () => {
    for (const words of [
      ["login", "x", "--private-key"],
      ["tools-list", "@svc", "--ca"],
    ])
      expect((await completionOf(words, "", known)).files).toBe(true);
    expect((await completionOf(["login", "x", "--scope"], "", known)).files).toBeUndefined();
  });
  test("pages and commands behind help, words of a place, shells", async () => {
    expect(await values("help exit")).toEqual(["exit-codes"]);
    expect(await values("help tools-g")).toEqual(["tools-get"]);
    expect(await values("store ")).toEqual(["move", "passphrase"]);
    expect(await values("completion ")).toEqual([...SHELLS]);
  });
  test("nothing where nothing is known, and for no line a failure", async () => {
    for (const line of ["nonsense x ", "tools-call @svc nonsense ", "a=$(", "@svc @svc @svc "])
      expect(await values(line)).toEqual([]);
  });
});

test("the choices of options are those that are taken", () => {
  expect(OPTIONS.protocol.choices).toEqual([...MODERN_VERSIONS, ...LEGACY_VERSIONS]);
  expect(OPTIONS.host.choices?.toSorted()).toEqual([...HOSTS.map(({ id }) => id), "all"].sort());
  for (const name of OPTION_NAMES)
    for (const choice of OPTIONS[name].choices ?? []) expect(choice).toMatch(/^[\w.-]+$/);
});

describe("a line of a shell", () => {
  test.each([
    ["m2mcp a  b", ["m2mcp", "a"], "b", ""],
    ["m2mcp ", ["m2mcp"], "", ""],
    ['a \'b c\' "d \\" e" f\\ g', ["a", "b c", 'd " e'], "f g", ""],
    ["a 'b c", ["a"], "b c", "'"],
    ['a x="b', ["a"], "x=b", '"'],
    ["a ''", ["a"], "", ""],
    ["a '' ", ["a", ""], "", ""],
    ['a "\\x"', ["a"], "\\x", ""],
    ["a 'b\\'", ["a"], "b\\", ""],
    ["a b\\", ["a"], "b", ""],
  ] as const)("%s", (line, words, value, quote) => {
    const read = splitLine(line);
    expect(read.words).toEqual([...words]);
    expect([read.last.value, read.last.quote]).toEqual([value, quote]);
  });
  test("what is escaped is read as it was", () => {
    for (const text of [
      "plain",
      "it's",
      EVIL,
      "`x`;y|z&",
      'a"b',
      "ü ä",
      "~x",
      "#",
      "a\\b",
      "*?[]{}!",
      "tab\tx",
    ])
      expect(splitLine(escaped(text)).last.value).toBe(text);
  });
});

describe("a reply", () => {
  const reply = async (line: string, replaced: string) => {
    const question = readQuestion("bash", `${replaced}\0${line}\0`);
    return writeReply("bash", await completionOf(question.words, question.last.value, known), question);
  };
  test("for bash is what it puts in place of the part that it replaces", async () => {
    expect(await reply("m2mcp @sv", "@sv")).toBe("\n@svc\n");
    expect(await reply("m2mcp tools-call @svc add mo", "mo")).toBe("nospace\nmode=\n");
    expect(await reply("m2mcp tools-call @svc add mode=f", "f")).toBe("\nfast\n");
    expect(await reply("m2mcp tools-get @svc ns:i", "i")).toBe("\nit\\'s\n");
    expect(await reply("m2mcp tools-get @svc \\$", "\\$")).toBe("\n\\$\\(touch\\ pwned\\)\n");
    expect(await reply('m2mcp tools-get @svc "ns:', "ns:")).toBe("\nns:it's\n");
    expect(await reply("m2mcp tools-get @svc 'ns:", "ns:")).toBe("\n");
    expect(await reply('m2mcp tools-get @svc "$', "$")).toBe("\n");
    expect(await reply("m2mcp tools-get @svc a", "something else")).toBe("\n");
  });
  test("for the others is the value and what it is, in one line without control characters", async () => {
    for (const shell of ["zsh", "fish", "powershell"] as const) {
      const question = readQuestion(shell, "tools-get\0@svc\0\0");
      const text = writeReply(
        shell,
        await completionOf(question.words, question.last.value, known),
        question,
      );
      expect(text.split("\n")).toEqual(["", "add\tAdds", "ns:it's\t", `${EVIL}\tx [31m y`, ""]);
    }
  });
});
