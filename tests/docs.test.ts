// The documents say what the code does: paths are there, the walks are short, the picture has the folders, and each row
// of the verdict's tables is put to its function.
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { meaningOf, type SentRequest } from "../lib/auth/authorization/refusal.ts";
import type { Grant } from "../lib/auth/credentials.ts";
import { tokenChallenge } from "../lib/auth/discovery/token-challenge.ts";
import { parseArguments } from "../lib/command-line/arguments/parse.ts";
import { readOptions } from "../lib/command-line/option-values.ts";
import { VERBS } from "../lib/command-line/verbs.ts";
import { errorResponse, resultResponse } from "../lib/mcp/jsonrpc/message.ts";
import { type Answer, answered, refused } from "../lib/mcp/protocol/answer.ts";
import { type Asked, judge, type Verdict } from "../lib/mcp/protocol/verdict.ts";
import { readCredentials } from "../lib/verbs/credentials/credentials.ts";
import type { SecretReading } from "../lib/verbs/credentials/secret-reading.ts";

const ROOT = join(import.meta.dir, "..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const within = (folder: string) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true });

const DOCUMENTS = [
  "README.md",
  "CONTRIBUTING.md",
  "tests/README.md",
  ...readdirSync(join(ROOT, "docs")).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : [])),
];
const architecture = read("docs/architecture.md");
const verdict = read("docs/verdict.md");

/** The part of a document below a heading. */
function below(document: string, heading: RegExp): string {
  const [, part = ""] = new RegExp(`^#+ ${heading.source}.*?$(.*?)(?=^#|(?![^]))`, "ms").exec(document) ?? [];
  expect(part).not.toBe("");
  return part;
}

/** The cells of each row of the tables in a text, without their heads. */
const rowsOf = (text: string): string[][] =>
  [...text.matchAll(/^\| *-+ *\|.*$\n((?:^\|.*$\n?)+)/gm)].flatMap(([, body = ""]) =>
    body
      .trim()
      .split("\n")
      .map((line) =>
        line
          .split(/(?<!\\)\|/)
          .slice(1, -1)
          .map((cell) => cell.trim()),
      ),
  );

/** What stands in backticks outside blocks. */
const quoted = (document: string): string[] =>
  [...document.replace(/^```.*?^```/gms, "").matchAll(/`([^`\n]+)`/g)].map(([, text = ""]) => text);

/** A path with `{a,b}` in it, as one for each; what stands for any name is left out. */
function paths(text: string): string[] {
  const [, before = "", choices, after = ""] = /^([^{]*)\{([^}]*)\}(.*)$/.exec(text) ?? [];
  if (choices !== undefined) return choices.split(",").map((choice) => `${before}${choice}${after}`);
  return [text.replace(/\/<.*$/, "")];
}

const FILES = new Set(["lib", "tests", ".ci"].flatMap((folder) => within(folder).map(({ name }) => name)));

describe.each(DOCUMENTS)("what %s names is there:", (document) => {
  const text = read(document);
  test("paths from the root", () => {
    const named = quoted(text).filter((one) =>
      /^(lib|tests|docs|deploy|\.ci|\.github)\/[\w./{},<>-]+$|^cli\.ts$/.test(one),
    );
    expect(named.flatMap(paths).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
  test("files by their names alone, and below their folder", () => {
    const named = quoted(text).filter(
      (one) => /^[\w*/-]+\.(ts|mjs)$/.test(one) && !/^(lib|tests)\//.test(one),
    );
    const isThere = (one: string) =>
      one.includes("*") ||
      one === "cli.ts" ||
      (one.includes("/") ? existsSync(join(ROOT, dirname(document), one)) : FILES.has(one));
    expect(named.filter((one) => !isThere(one))).toEqual([]);
  });
  test("links", () => {
    const links = [...text.matchAll(/\]\((?!\w+:|#)([^)#]+)/g)].map(([, link = ""]) => link);
    expect(links.filter((link) => !existsSync(join(ROOT, dirname(document), link)))).toEqual([]);
  });
});

test.each(["One `tools/call`", "One one-off command"])("the walk %s names at most eight files", (heading) => {
  const named = quoted(below(architecture, new RegExp(heading))).filter((one) =>
    /^(lib\/.*|cli)\.ts$/.test(one),
  );
  const files = new Set(named);
  expect(files.size).toBeGreaterThan(5);
  expect(files.size).toBeLessThanOrEqual(8);
});

test("the picture of the code has the folders of lib", () => {
  const [, picture = ""] = /^```text$(.*?)^```$/ms.exec(architecture) ?? [];
  // Each as often as there are folders of that name.
  const drawn = [...picture.matchAll(/([a-z-]+)\//g)].map(([, name = ""]) => name);
  const folders = within("lib").flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  expect(drawn.sort()).toEqual(folders.sort());
});

test("each folder of tests is told of, but for those that are named like ones of lib", () => {
  const told = quoted(read("tests/README.md"));
  const folders = within("tests").flatMap((entry) =>
    entry.isDirectory() ? [relative(join(ROOT, "tests"), join(entry.parentPath, entry.name))] : [],
  );
  // What lies deeper belongs to who reads it.
  const wanted = folders.filter(
    (folder) => folder.split("/").length <= 2 && !existsSync(join(ROOT, "lib", folder)),
  );
  expect(wanted.length).toBeGreaterThan(20);
  expect(wanted.filter((folder) => !told.some((one) => `${one}/`.startsWith(`${folder}/`)))).toEqual([]);
});

test("each folder of the code says what it is, at the top of its main file", () => {
  const files = within("lib").filter(({ name }) => name.endsWith(".ts"));
  const folders = new Set(files.map(({ parentPath }) => parentPath));
  const isSaid = ({ name, parentPath }: (typeof files)[number]) =>
    name !== "errors.ts" && /^\/\/ (?!biome)/.test(readFileSync(join(parentPath, name), "utf8"));
  const said = new Set(files.filter(isSaid).map(({ parentPath }) => parentPath));
  expect(folders.size).toBeGreaterThan(80);
  expect([...folders].filter((folder) => !said.has(folder))).toEqual([]);
});

test("each state is where the document says", () => {
  const rows = rowsOf(below(architecture, /The states/));
  expect(rows.length).toBeGreaterThan(9);
  for (const [name = "", file = "", where = ""] of rows) {
    const source = read(file.replaceAll("`", ""));
    const functions = quoted(where).filter((one) => /^\w+$/.test(one));
    expect(functions.filter((one) => !new RegExp(`\\b${one}\\b`).test(source))).toEqual([]);
    expect([file, new RegExp(`(?:type|class) ${name.replaceAll("`", "")}\\b`).test(source)]).toEqual([
      file,
      true,
    ]);
  }
});

test("no union of states is left out", () => {
  const named = rowsOf(below(architecture, /The states/)).map(([name, file]) => `${file} ${name}`);
  const unions = within("lib").flatMap(({ name: file, parentPath }) => {
    const path = relative(ROOT, join(parentPath, file)).replaceAll("\\", "/");
    const source = file.endsWith(".ts") ? read(path) : "";
    return [...source.matchAll(/^(?:export )?type (\w*State)(?:<\w+>)? =(.*?)\n\n/gms)]
      .filter(([, , members = ""]) => members.split('kind: "').length > 2)
      .map(([, name]) => `\`${path}\` \`${name}\``);
  });
  expect(unions.length).toBeGreaterThan(10);
  expect(unions.filter((union) => !named.includes(union))).toEqual([]);
});

test.each([
  ["A profile", "Profile", "lib/verbs/target/saved.ts", ""],
  ["State", "AuthState", "lib/auth/credentials.ts", "auth."],
])("each key of what is stored is in the document: %s", (heading, name, file, prefix) => {
  const [, members = ""] = new RegExp(`^export interface ${name} {$(.*?)^}$`, "ms").exec(read(file)) ?? [];
  const keys = [...members.matchAll(/^ {2}(\w+)\??:/gm)].map(([, key]) => `\`${prefix}${key}\``);
  expect(keys.length).toBeGreaterThan(8);
  const rows = rowsOf(below(read("docs/store-format.md"), new RegExp(`${heading}$`)));
  const told = rows.map(([key = ""]) => key).filter((key) => key.startsWith(`\`${prefix}`));
  expect(told.sort()).toEqual(keys.sort());
});

/** An answer as the tables write it: status, code, "words", {data}, and whom the error names. */
function answerOf(cell: string): Answer {
  const shape = /^`(\d+)(?: (-\d+))?(?: "([^"]*)")?(?: (\{.*\}))?`(?: to (nobody|the request))?$/;
  const [whole, status, code, words, json, whom] = shape.exec(cell) ?? [];
  if (whole === undefined) throw new Error(`not readable: ${cell}`);
  const data = json === undefined ? undefined : JSON.parse(json);
  if (code === undefined && data !== undefined) return answered(resultResponse("1", data));
  if (code === undefined) return { ...refused(Number(status)), ...(words === undefined ? {} : { words }) };
  const error = { code: Number(code), message: words ?? "no", ...(data === undefined ? {} : { data }) };
  if (status === "200") return answered(errorResponse("1", error));
  return refused(Number(status), error, whom === undefined ? undefined : whom === "nobody" ? null : "1");
}

/** A verdict as the tables write it. */
function written(said: Verdict): string {
  const more =
    said.kind === "session_lost"
      ? said.sure
        ? ["sure"]
        : []
      : said.kind === "other_era"
        ? [...said.eras, ...(said.isOfCall ? ["or the call's own"] : [])]
        : said.kind === "other_version"
          ? said.versions
          : [];
  return [`\`${said.kind}\``, ...more].join(" ");
}

describe("the document's table of the verdict:", () => {
  const part = verdict.slice(verdict.indexOf("## `judge`"), verdict.indexOf("## `meaningOf`"));
  const parts = part.split(/(?=`\{"era")/).slice(1);
  test.each(parts.map((text) => [text.split("\n", 1)[0] ?? "", text]))("%s", (head, text) => {
    const asked: Asked = JSON.parse(head.replaceAll("`", ""));
    const rows = rowsOf(text);
    expect(rows.length).toBeGreaterThan(0);
    for (const [answer = "", means] of rows)
      expect([answer, written(judge(asked, answerOf(answer)))]).toEqual([answer, means ?? ""]);
  });
  test("has every kind", () => {
    const source = read("lib/mcp/protocol/verdict.ts");
    const [, union = ""] = /^export type Verdict =$(.*?);$\n\n/ms.exec(source) ?? [];
    const kinds = [...union.matchAll(/kind: "(\w+)"/g)].map(([, kind = ""]) => kind);
    expect(kinds.length).toBeGreaterThan(5);
    const shown = new Set(parts.flatMap(rowsOf).map(([, means = ""]) => /\w+/.exec(means)?.[0] ?? ""));
    expect([...shown].sort()).toEqual(kinds.sort());
  });
});

test("each row of the document's table of authorization is what the function says", () => {
  const rows = rowsOf(below(verdict, /`meaningOf`/));
  expect(rows.length).toBeGreaterThan(12);
  for (const [refusal = "", how = "", means = ""] of rows) {
    const [, status = "", header] = /^`(\d+)(?: (.*))?`$/.exec(refusal) ?? [];
    const sent: SentRequest = {
      isBound: how.startsWith("bound"),
      skewMs: how.includes("clock off") ? 600_000 : 0,
      tried: [...how.matchAll(/(nonce|clock|token) tried/g)].map(
        ([, one]) => one as "nonce" | "clock" | "token",
      ),
    };
    const { kind } = meaningOf(Number(status), tokenChallenge(header ?? null), sent);
    expect([refusal, how, `\`${kind}\``]).toEqual([refusal, how, means]);
  }
});

test("each layer of HTTP has its row", () => {
  const named = rowsOf(below(verdict, /The layers/)).flatMap(([name = ""]) =>
    name ? [name.replaceAll("`", "")] : [],
  );
  const files = within("lib/mcp/http/layers").map(({ name }) => basename(name, ".ts"));
  expect(named.sort()).toEqual(files.filter((name) => name !== "layer").sort());
});

/** The commands of a document's shell blocks: lines that go on are one, comments none. */
const commandsIn = (document: string): string[] =>
  [...document.matchAll(/^```sh$(.*?)^```$/gms)].flatMap(([, block = ""]) =>
    block
      .replaceAll(/\\\n\s*/g, " ")
      .split("\n")
      .filter((line) => line.trim() !== "" && !line.startsWith("#")),
  );

/** The words of a command as a shell splits them. */
const wordsOf = (command: string): string[] =>
  [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? "",
  );

/** Reads credentials as the program does, but no file, command or terminal. */
const reading: SecretReading = {
  cwd: "/",
  keep: "source",
  read: async () => "text",
  stdin: async () => "text",
  spiffeId: async () => "spiffe://example.org/machine",
};

test("each command has its place in the table of docs/shell.md", () => {
  const [table = ""] = read("docs/shell.md").split("\n## ", 1);
  const told = quoted(table).map((one) => one.split(" ", 1)[0]);
  expect(VERBS.map(({ name }) => name).filter((name) => !told.includes(name))).toEqual([]);
});

describe("docs/identities.md:", () => {
  const text = read("docs/identities.md");
  const logins = [
    ...commandsIn(text).filter((command) => command.startsWith("m2mcp login")),
    // In the tables of grants; a token that is made already is no grant.
    ...rowsOf(text)
      .filter((cells) => cells.length > 2)
      .map(([, , line = ""]) => `m2mcp login https://h.example/mcp ${line.replaceAll("`", "")}`),
  ];
  test("there are logins", () => expect(logins.length).toBeGreaterThan(15));

  test.each(logins)("it gives credentials: %s", async (command) => {
    const [program, ...args] = wordsOf(command);
    const { positionals, given } = parseArguments(args);
    expect([program, positionals[0], positionals[2] ?? "@svc"]).toEqual(["m2mcp", "login", "@svc"]);
    const known = VERBS.find(({ name }) => name === "login")?.options ?? [];
    const options = readOptions(given, {}, known, "login");
    const credentials = await readCredentials(options, reading);
    expect(credentials.grant).toBe((options.value("grant") ?? "client-credentials") as Grant);
  });

  /** Options within sentences, and commands within other files. */
  const pieces = [
    ...quoted(text).filter((one) => one.startsWith("--")),
    ...[...text.matchAll(/^(?:script|- script): (m2mcp .*)$/gm)].map(([, command = ""]) => command),
  ];
  test.each(pieces)("its options are there: %s", (piece) => {
    const [option = "", ...more] = wordsOf(piece);
    // An option alone stands for itself: some take a value, some none.
    const forms = more.length === 0 ? [[option], [`${option}=x`]] : [[option, ...more]];
    const isRead = (form: string[]) => {
      try {
        return parseArguments(form).given.size > 0;
      } catch {
        return false;
      }
    };
    expect([piece, forms.some(isRead)]).toEqual([piece, true]);
  });
});

test("the changelog says each thing once: merges that keep both sides are seen", () => {
  const released = read("CHANGELOG.md").split(/^## /m).slice(1);
  for (const version of released) {
    const parts = [...version.matchAll(/^(?:### .*|[A-Z].*:)$/gm)].map(([title]) => title);
    expect(parts).toEqual([...new Set(parts)]);
    const beginnings = [...version.matchAll(/^- (.{24})/gm)].map(([, beginning]) => beginning);
    expect(beginnings).toEqual([...new Set(beginnings)]);
  }
});
