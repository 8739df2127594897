// Texts of chance, in every layout that people and programs have: an entry comes and goes, and leaves no trace.
import { describe, expect, test } from "bun:test";
import { formatOf } from "../../lib/desktop/formats/format.ts";
import { createRandom } from "../support/random.ts";

const VALUE = { command: "/x/m2mcp", args: ["bridge", "@svc"], env: { A: "b" } };
const ENTRY = ["servers", "svc"];
const ROUNDS = 400;

type Writer = (seed: number) => string;
const chance = (seed: number) => {
  const { below } = createRandom(seed);
  return {
    below,
    pick: <T>(of: readonly [T, ...T[]]): T => of[below(of.length)] ?? of[0],
    times: (most: number, make: (at: number) => string) =>
      Array.from({ length: below(most + 1) }, (_, at) => make(at)),
  };
};

const json: Writer = (seed) => {
  const { below, pick, times } = chance(seed);
  const space = () => pick(["", " ", "\n", "\n  ", "\t", " // c }\n", "/* x, { */", "\r\n    ", "\n\n"]);
  const text = () => JSON.stringify(pick(["a", "c,", "}", "{", '"q', "//", "/*", "é", "svcx", "x\ny"]));
  const comma = (count: number) => (count > 0 && below(4) === 0 ? `,${space()}` : "");
  const value = (depth: number): string => {
    const kind = below(depth > 3 ? 3 : 5);
    if (kind === 0) return text();
    if (kind === 1) return pick(["1.50e+2", "0", "12345678901234567890"]);
    if (kind === 2) return pick(["true", "null", "[]", "{}"]);
    if (kind === 4) return object(depth + 1, []);
    const items = times(3, () => space() + value(depth + 1) + space());
    return `[${items.join(",")}${comma(items.length)}]`;
  };
  const object = (depth: number, more: string[]): string => {
    const keys = [...new Set(times(3, text))];
    const members = keys.map((key) => `${space()}${key}${space()}:${space()}${value(depth)}${space()}`);
    members.splice(below(members.length + 1), 0, ...more);
    return `{${members.join(",")}${comma(members.length)}${members.length === 0 ? space() : ""}}`;
  };
  const servers = object(1, [`${space()}"first"${space()}:${space()}1${space()}`]);
  return `${space()}${object(0, [`${space()}"servers":${space()}${servers}${space()}`])}${space()}`;
};

const toml: Writer = (seed) => {
  const { below, pick, times } = chance(seed);
  let count = 0;
  const said = () => pick(["", " ", "  # d  ", " # c", "   # [servers.svc]"]);
  const gap = () => pick(["", "\n", "\n\n", "# note\n", "\n# note\n\n"]);
  const value = () =>
    pick([
      '"x"',
      "'y # z'",
      "1",
      '"""\nmulti\n[servers.svc]\n"""',
      "[1, 2]",
      "[\n  1, # c\n  2,\n]",
      "{ k = 1 }",
    ]);
  const pair = () => `${pick(["", "  "])}k${count++} = ${value()}${said()}\n`;
  const header = (at: number) =>
    pick([`[servers.t${at}]`, `[z${at}]`, `[servers.t${at}.env]`, `[servers."q ${at}"]`, "[[list]]"]);
  const tables = times(
    4,
    (at) => `${gap()}${header(at)}${said()}\n${times(2, () => pair() + gap()).join("")}`,
  );
  const whole =
    gap() + times(2, pair).join("") + (below(5) === 0 ? "servers.dot.x = 1\n" : "") + tables.join("") + gap();
  const ended = below(3) === 0 ? whole.trimEnd() : whole;
  return below(4) === 0 ? ended.replaceAll("\n", "\r\n") : ended;
};

const yaml: Writer = (seed) => {
  const { below, pick, times } = chance(seed);
  const value = (indent: number, depth: number): string => {
    const pad = " ".repeat(indent);
    const said = pick(["", " ", " # c"]);
    const kind = below(depth > 2 ? 5 : 7);
    if (kind === 0)
      return ` |${pick(["", "-", "+"])}\n${pad}  svc: no\n\n${pad}  more\n${pick(["", "\n", "\n\n"])}`;
    if (kind === 1) return ` {a: 1, b: [1, 2]}${said}\n`;
    if (kind === 2) return `\n${pad}- a\n${pad}- b${said}\n`;
    if (kind === 3) return ` >-\n${pad}  folded\n${pad}  text\n`;
    if (kind === 4) return ` ${pick(["x", "1", '"q: #"', "'s'", "", "~", "a b c", "http://x/y"])}${said}\n`;
    return `\n${mapping(indent, depth + 1, 1 + below(2))}`;
  };
  const mapping = (indent: number, depth: number, count: number): string => {
    const [pad, step] = [" ".repeat(indent), pick([2, 4])];
    const note = () => (below(4) === 0 ? pick(["\n", `${pad}# note\n`, `\n${pad}# note\n`]) : "");
    return Array.from(
      { length: count },
      (_, at) => `${note()}${pad}m${depth}_${at}:${value(indent + step, depth)}`,
    ).join("");
  };
  const servers = pick([
    `servers:${pick(["", " # c"])}\n${mapping(pick([2, 4]), 5, 1 + below(3))}`,
    "servers: {a: 1}\n",
  ]);
  const whole =
    pick(["", "# head\n", "---\n", "\n"]) +
    mapping(0, 0, below(3)) +
    servers +
    times(2, (at) => `${pick(["", "# n\n", "\n"])}after${at}:${value(2, 0)}`).join("") +
    pick(["", "\n", "# end\n"]);
  const ended = below(4) === 0 ? whole.trimEnd() : whole;
  return below(4) === 0 ? ended.replaceAll("\n", "\r\n") : ended;
};

describe.each([
  ["jsonc", json],
  ["toml", toml],
  ["yaml", yaml],
] as const)("%s", (name, write) => {
  test(`${ROUNDS} texts`, async () => {
    const format = await formatOf(name);
    let tried = 0;
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const text = write(seed);
      let before: Record<string, unknown>;
      try {
        before = (format.read(text, []) ?? {}) as Record<string, unknown>;
      } catch {
        // Chance writes some that are none.
        continue;
      }
      // Of a text of spaces alone an older copy knows.
      if (text.trim() === "") continue;
      tried++;
      const changed = format.set(text, ENTRY, VALUE);
      const servers = { ...(before.servers as object), svc: VALUE };
      expect([text, format.read(changed, [])]).toEqual([text, { ...before, servers }]);
      expect(format.remove(changed, ENTRY)).toBe(text);
    }
    expect(tried).toBeGreaterThan(ROUNDS / 2);
  });
});
