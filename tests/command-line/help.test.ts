import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chooseVerb } from "../../lib/command-line/arguments/choose-verb.ts";
import { parseArguments } from "../../lib/command-line/arguments/parse.ts";
import { LISTING_WORDS, VERB_WORDS } from "../../lib/command-line/foreign-words.ts";
import { meaningOf } from "../../lib/command-line/help/places.ts";
import { isOwn } from "../../lib/command-line/help/verb-help.ts";
import { helpText } from "../../lib/command-line/help.ts";
import { OPTION_NAMES, OPTIONS, variableOf } from "../../lib/command-line/options.ts";
import { HELP_TOPICS } from "../../lib/command-line/topic-names.ts";
import { VERBS } from "../../lib/command-line/verbs.ts";
import { EXIT, M2mcpError } from "../../lib/failure.ts";

const cli = join(import.meta.dir, "../../cli.ts");
const lib = join(import.meta.dir, "../../lib");

async function m2mcp(...argv: string[]) {
  const child = Bun.spawn([process.execPath, cli, ...argv], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { PATH: process.env.PATH ?? "", M2MCP_HOME: "/nonexistent/m2mcp" },
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { out, err, code };
}

/** A page of help as it is without line breaks: a term and what it means in one line, long commands whole. */
const flat = (text: string) => text.replace(/ \\\n +/g, " ").replace(/\s+/g, " ");
const PAGES = HELP_TOPICS.filter((topic) => topic !== "man");

describe("help is complete:", () => {
  for (const verb of VERBS)
    test(verb.name, async () => {
      const text = await helpText(verb.name, undefined);
      const out = flat(text);
      expect(text).toContain(`  m2mcp ${verb.name} ${verb.arguments}`.trimEnd());
      expect(out).toContain(verb.about);
      expect(verb.examples.length).toBeGreaterThan(0);
      for (const example of verb.examples) expect(out).toContain(` ${flat(example)}`);
      // What it has for itself stands there; what all have stands on a page of its own, which is named.
      const pages = flat((await helpText("credentials", undefined)) + (await helpText("options", undefined)));
      for (const name of verb.options) {
        if (["help", "version", "licenses"].includes(name)) continue;
        const { group } = OPTIONS[name];
        const about = verb.meanings?.[name]?.about ?? OPTIONS[name].about;
        if (verb.without?.includes(name)) {
          expect(out).not.toContain(about);
        } else if (isOwn(verb, name) || verb.needs?.includes(name)) {
          expect(text).toMatch(new RegExp(`^  --${name}\\b`, "m"));
          expect(out).toContain(about);
        } else if (!out.includes(about)) {
          expect(pages).toContain(` --${name} `);
          expect(pages).toContain(about);
          expect(out).toContain(`m2mcp help ${group === "credentials" ? group : "options"}`);
        }
      }
    });

  test("options of all commands are named after those that a command has for itself", async () => {
    for (const { name } of VERBS) {
      const [, options = "", more = ""] = (await helpText(name, undefined)).split(/^(?:Options|More):$/m);
      for (const common of ["color", "quiet", "verbose"]) {
        expect([name, options.includes(`--${common}`)]).toEqual([name, false]);
        expect([name, more.includes(`--${common}`)]).toEqual([name, true]);
      }
    }
  });

  test("the overview names every verb and every page", async () => {
    const shown = [await m2mcp("--help"), await m2mcp(), await m2mcp("help"), await m2mcp("-h")];
    for (const { out, code } of shown) {
      expect(code).toBe(0);
      for (const { name } of VERBS) expect(out).toMatch(new RegExp(` ${name}(,|$)`, "m"));
      for (const topic of HELP_TOPICS) expect(out).toMatch(new RegExp(` ${topic}(,|;|$)`, "m"));
      expect(out).toContain("Exit codes");
    }
    const commands = await helpText("commands", undefined);
    for (const verb of VERBS) expect(commands).toMatch(new RegExp(`^  ${verb.name}\\b`, "m"));
    expect((await m2mcp("help", "login")).out).toBe((await m2mcp("login", "--help")).out);
  });

  test("each variable stands on the page of the environment", async () => {
    const page = await helpText("environment", undefined);
    const files = readdirSync(lib, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".ts"),
    );
    const read = files.flatMap((name) => [
      ...readFileSync(join(lib, name), "utf8").matchAll(
        /\benv\.(M2MCP_[A-Z_]+|[A-Z_]*(?:COLOR|EDITOR|VISUAL)[A-Z_]*)/g,
      ),
    ]);
    const names = [...OPTION_NAMES.map(variableOf), ...read.map(([, name = ""]) => name)];
    expect(names.filter((name) => name !== null && !page.includes(name))).toEqual([]);
  });

  test("no option stands in two tables: the second would take the name from the first", async () => {
    const names: string[] = [];
    for (const file of readdirSync(join(lib, "command-line", "options")))
      for (const table of Object.values(await import(join(lib, "command-line", "options", file))))
        names.push(...Object.keys(table as object));
    expect(names.sort()).toEqual([...OPTION_NAMES].sort());
  });

  test("each place of a command's arguments is explained", () => {
    const places = VERBS.flatMap(({ name, arguments: all }) =>
      (all.match(/<[^>]+>|\[[^\]]+\]/g) ?? [])
        .filter((place) => meaningOf(name, place) === undefined)
        .map((place) => `${name} ${place}`),
    );
    expect(places).toEqual([]);
  });

  test("each exit code stands on its page", async () => {
    const page = await helpText("exit-codes", undefined);
    for (const code of Object.values(EXIT)) expect(page).toMatch(new RegExp(`^  ${code}\\b`, "m"));
  });

  test("the version", async () => {
    const { out, code } = await m2mcp("--version");
    expect([code, out.trim()]).toEqual([0, "m2mcp 0.1.0"]);
  });
});

describe("help fits:", () => {
  const lines = async (asked: string | null, columns?: number) =>
    (await helpText(asked, columns)).trimEnd().split("\n");
  test("the overview is one screen of 24 lines, the prompt behind it too", async () => {
    expect((await lines(null)).length).toBeLessThan(24);
  });
  test.each([null, ...PAGES, ...VERBS.map(({ name }) => name)])(
    "%p in 80 columns, and in 50",
    async (asked) => {
      // A single word may be longer than what is left beside its term.
      for (const columns of [undefined, 80, 50])
        for (const line of await lines(asked, columns))
          if (line.length > (columns ?? 80))
            expect([columns, line.trim().split(" ").length]).toEqual([50, 1]);
    },
  );
  test("a verb's help is at most 40 lines", async () => {
    for (const { name } of VERBS) expect([name, (await lines(name)).length <= 40]).toEqual([name, true]);
  });
  test("what can be copied stays a command", async () => {
    const text = await helpText("tools-call", 50);
    for (const example of VERBS.find(({ name }) => name === "tools-call")?.examples ?? [])
      expect(text.replace(/ \\\n +/g, " ")).toContain(example);
  });
});

describe("the manual", () => {
  test("has every verb, option and page, and readers of manuals find nothing wrong with it", async () => {
    const page = await helpText("man", undefined);
    for (const { name } of VERBS) expect(page).toContain(`\\fBm2mcp ${name.replaceAll("-", "\\-")}\\fR`);
    for (const name of OPTION_NAMES)
      if (OPTIONS[name].group !== "general") expect(page).toContain(`\\-\\-${name.replaceAll("-", "\\-")}`);
    for (const [program, ...args] of [
      ["mandoc", "-Tlint", "-W", "warning"],
      ["groff", "-man", "-ww", "-z", "-Kutf8"],
    ] as const) {
      if (Bun.which(program) === null) continue;
      const { exitCode, stdout, stderr } = Bun.spawnSync([program, ...args], { stdin: Buffer.from(page) });
      expect([program, exitCode, `${stdout}${stderr}`]).toEqual([program, 0, ""]);
    }
  });
});

describe("what is near is named, and not run:", () => {
  const OF_SERVERS: [typed: string, meant: string][] = [
    ["tools", "tools-list"],
    ["list", "tools-list"],
    ["ls", "tools-list"],
    ["list-tools", "tools-list"],
    ["listTools", "tools-list"],
    ["list_tools", "tools-list"],
    ["call", "tools-call"],
    ["call-tool", "tools-call"],
    ["tool", "tools-list"],
    ["get-prompt", "prompts-get"],
    ["templates", "resources-templates-list"],
    ["read", "resources-read"],
    ["cat", "resources-read"],
    ["resource", "resources-list"],
    ["prompts-lst", "prompts-list"],
    ["info", "show"],
    ["doc", "doctor"],
  ];
  const ALONE: [typed: string, meant: string][] = [
    ["profile", "profiles"],
    ["list", "profiles"],
    ["ls", "profiles"],
    ["rm", "logout"],
    ["remove", "logout"],
    ["proxy", "bridge"],
    ["add", "connect"],
    ["signin", "login"],
  ];
  const verbs = VERBS.map(({ name }) => name);
  const hintOf = (words: string[]) => {
    try {
      return chooseVerb(words, verbs, () => false).verb;
    } catch (error) {
      return error instanceof M2mcpError ? [error.exitCode, error.hint] : error;
    }
  };
  test.each(OF_SERVERS)("@svc %s: %s", (typed, meant) => {
    expect(hintOf(["@svc", typed])).toEqual([1, `did you mean ${meant}`]);
    expect(hintOf([typed, "@svc", "x"])).toEqual([1, `did you mean ${meant}`]);
  });
  test.each([
    [["@svc", "tools", "call", "x"], "tools-call"],
    [["@svc", "list", "prompts"], "prompts-list"],
    [["tools", "list"], "tools-list"],
    [["@svc", "tools-describe"], "tools-get"],
    [["@svc", "showTool"], "tools-get"],
    [["@svc", "tools", "run"], "tools-call"],
    [["@svc", "resources-get"], "resources-read"],
    [["@svc", "prompts_show"], "prompts-get"],
    [["sign-in"], "login"],
    [["Sign_Out"], "logout"],
    [["exit-codes"], "help exit-codes"],
    [["version"], "--version"],
    [["halp"], "help"],
    // Two letters that have changed places are one slip.
    [["hlep"], "help"],
    [["@svc", "pnig"], "ping"],
    [["lgoin"], "login"],
    [["@svc", "sohw"], "show"],
  ])("%p: %s", (words, meant) => expect(hintOf(words)).toEqual([1, `did you mean ${meant}`]));
  test.each(ALONE)("%s: %s", (typed, meant) => expect(hintOf([typed])).toEqual([1, `did you mean ${meant}`]));
  test("every word of others stands for a verb that is there", () => {
    const meant = [
      ...new Set([...Object.values(VERB_WORDS), ...Object.values(LISTING_WORDS).flatMap(Object.values)]),
    ];
    expect(meant.filter((verb) => !["help", "--version", ...verbs].includes(verb))).toEqual([]);
    for (const word of Object.keys(VERB_WORDS)) expect(verbs).not.toContain(word);
  });
  test.each([
    ["--secret", "--client-secret"],
    ["--id", "--client-id"],
    ["-H", "--header"],
    ["--bearer", "--header"],
    ["--insecure", "--ca"],
    ["--clientId", "--client-id"],
    ["--time-out", "--timeout"],
    ["--no-color", "--color"],
  ])("%s: %s", (typed, meant) => {
    expect(() => parseArguments(["@svc", "tools-list", typed])).toThrow(
      expect.objectContaining({ exitCode: 1, hint: `did you mean ${meant}` }),
    );
  });
  test("a page of help too", () =>
    expect(() => chooseVerb(["exit"], [...verbs, ...HELP_TOPICS], () => true)).toThrow(
      expect.objectContaining({ hint: "did you mean exit-codes" }),
    ));
  test("a word that is not near is not repeated: it may be part of a secret", () => {
    for (const words of [
      ["@svc", "list-s3cr3t-tools"],
      ["@svc", "s3cr3t"],
      ["tools-s3cr3t"],
      ["t00ls-list-s3cr3t-value"],
    ])
      expect(() => chooseVerb(words, verbs, () => false)).toThrow(/^unknown command$/);
  });
});

test("help of help is the overview", async () => {
  const overview = await m2mcp("--help");
  for (const words of [["help", "help"], ["help", "--help"], ["help"]])
    expect(await m2mcp(...words)).toEqual(overview);
  expect(await m2mcp("help", "help", "json")).toEqual(await m2mcp("help", "json"));
});

describe("errors", () => {
  test("a command without its connection says which there are", async () => {
    const { err, code } = await m2mcp("whoami");
    expect([code, err]).toEqual([1, expect.stringContaining("; m2mcp profiles lists what is saved\n")]);
    expect((await m2mcp("grep")).err).not.toContain("profiles");
  });
  test("for people: error and hint on stderr, nothing on stdout", async () => {
    expect(await m2mcp("tool-list", "@svc")).toEqual({
      code: 1,
      out: "",
      err: "error: unknown command tool-list\nhint: did you mean tools-list\n",
    });
  });
  test("for programs: an object on stdout, and a line for people on stderr", async () => {
    const { out, err, code } = await m2mcp("tools-list", "@svc", "--json");
    expect([code, err]).toEqual([1, expect.stringContaining("error: there is no profile @svc in ")]);
    expect(JSON.parse(out).error).toMatchObject({ code: -31001, name: "no_profile", exitCode: 1 });
  });
  test("never on stdout for the bridge", async () => {
    for (const argv of [
      ["bridge", "@svc", "--json"],
      ["@svc", "--json"],
      ["bridge", "--json"],
    ]) {
      const { out, err, code } = await m2mcp(...argv);
      expect([code, out]).toEqual([1, ""]);
      expect(err).toStartWith("error: ");
    }
  });
});
