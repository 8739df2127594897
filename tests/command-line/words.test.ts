import { describe, expect, test } from "bun:test";
import { checkPositionals } from "../../lib/command-line/arguments/positionals.ts";
import { VERB_NAMES, verbNamed } from "../../lib/command-line/verb-named.ts";
import type { VerbSpec } from "../../lib/command-line/verbs/verb-spec.ts";
import { VERBS } from "../../lib/command-line/verbs.ts";
import { expandHeaders, mergeHeaders, parseHeader } from "../../lib/verbs/target/headers.ts";
import { isWithin, nameFor, profileName, sameServer, serverUrl } from "../../lib/verbs/target/server-url.ts";

describe("servers", () => {
  test("https unless a scheme is given; no fragment", () => {
    expect(serverUrl("mcp.example.com/mcp")).toBe("https://mcp.example.com/mcp");
    expect(serverUrl("localhost:3000")).toBe("https://localhost:3000/");
    expect(serverUrl("http://127.0.0.1:1/mcp#x")).toBe("http://127.0.0.1:1/mcp");
  });
  test("no other scheme, no password, no junk", () => {
    for (const text of ["ftp://h/x", "https://u:p@h/", "https://", "a b"])
      expect(() => serverUrl(text)).toThrow(expect.objectContaining({ exitCode: 1 }));
  });
  test("a login is good for its address and what lies below, on the same origin", () => {
    expect(isWithin("https://h/mcp/", "https://h/mcp")).toBe(true);
    expect(isWithin("https://h/mcp", "https://h/")).toBe(true);
    expect(isWithin("https://h/mcp2", "https://h/mcp")).toBe(false);
    expect(isWithin("https://h:8443/mcp", "https://h/")).toBe(false);
    expect(isWithin("https://h.evil/mcp", "https://h/")).toBe(false);
    expect(sameServer("https://h/a", "https://h/b")).toBe(false);
    for (const spelled of ["https://h:443/mcp/", "HTTPS://H/%6Dcp", "https://h/x/../mcp"]) {
      expect(sameServer(serverUrl(spelled), "https://h/mcp")).toBe(true);
      expect(isWithin(serverUrl(spelled), "https://h/mcp")).toBe(true);
    }
    expect(sameServer("https://h/a%2Fb", "https://h/a/b")).toBe(false);
  });
  test("names come from the host and are not taken twice", () => {
    expect(nameFor("https://www.example.com/mcp", () => false)).toBe("example.com");
    expect(nameFor("http://127.0.0.1:3000/", (name) => name === "127.0.0.1-3000")).toBe("127.0.0.1-3000-2");
    expect(profileName(`@${nameFor("http://[::1]:3000/", () => false)}`)).toBe("1-3000");
  });
  test("a name is @ and harmless letters", () => {
    expect(profileName("@Svc.1")).toBe("svc.1");
    for (const text of ["svc", "@", "@../x", "@a b", "@-x"])
      expect(() => profileName(text)).toThrow(expect.objectContaining({ exitCode: 1 }));
  });
});

describe("headers", () => {
  test("kept as written, expanded at use", () => {
    const kept = parseHeader("X-Key: Bearer $" + "{KEY}:1");
    expect(kept).toEqual(["X-Key", "Bearer $" + "{KEY}:1"]);
    expect(expandHeaders([kept], { KEY: "k" })).toEqual([["X-Key", "Bearer k:1"]]);
  });
  test("a missing variable is named, a line break in its value refused", () => {
    const kept = parseHeader("X-Key: $" + "{KEY}");
    expect(() => expandHeaders([kept], {})).toThrow("KEY, which is not set");
    expect(() => expandHeaders([kept], { KEY: "a\r\nEvil: b" })).toThrow("line break");
  });
  test("no header without name, colon or with a break", () => {
    for (const text of ["novalue", ": x", "A b: c", "A: b\nC: d"])
      expect(() => parseHeader(text)).toThrow("'Name: value'");
  });
  test("a later one replaces one of the same name", () => {
    expect(
      mergeHeaders(
        [
          ["X-A", "1"],
          ["X-B", "2"],
        ],
        [["x-a", "3"]],
      ),
    ).toEqual([
      ["x-a", "3"],
      ["X-B", "2"],
    ]);
  });
});

describe("the number of words", () => {
  const spec = (name: string): VerbSpec => {
    const found = VERBS.find((verb) => verb.name === name);
    if (!found) throw new Error(name);
    return found;
  };
  test("too few and too many are named with the usage", () => {
    expect(() => checkPositionals(spec("connect"), ["https://h"])).toThrow("connect needs <@name>");
    expect(() => checkPositionals(spec("login"), [])).toThrow("login needs <server>");
    expect(() => checkPositionals(spec("ping"), ["@a", "b"])).toThrow("an argument too many, the second");
  });
  test("the right number passes", () => {
    checkPositionals(spec("login"), ["h"]);
    checkPositionals(spec("login"), ["h", "@a"]);
    checkPositionals(spec("tools-call"), ["@a", "t", "1", "2", "3"]);
    expect(VERBS.length).toBeGreaterThan(15);
  });
});

test("a verb's row is found by its name alone, whichever file has it", async () => {
  expect(VERB_NAMES).toEqual(VERBS.map(({ name }) => name));
  for (const verb of VERBS) expect(await verbNamed(verb.name)).toBe(verb);
  expect([await verbNamed(null), await verbNamed("none")]).toEqual([undefined, undefined]);
});
