// Names under which several servers' tools are found: pure, so that any process gives the same.
import { expect, test } from "bun:test";
import { exposedNames, prefixed } from "../../../lib/mcp/merged/words/names.ts";
import { resolveName } from "../../../lib/mcp/merged/words/resolve.ts";

const SPEC = /^[A-Za-z0-9_.-]{1,128}$/;
const listed = (lists: Record<string, string[]>) =>
  Object.entries(lists).map(([server, names]) => ({ server, names }));
const namesOf = (lists: Record<string, string[]>, rule: "clash" | "always" = "clash") => [
  ...exposedNames(listed(lists), rule).owners.keys(),
];

test("names that do not clash stay; of those that do, all bear their server's", () => {
  expect(namesOf({ a: ["search", "one"], b: ["search", "two"] })).toEqual([
    "one",
    "two",
    "a_search",
    "b_search",
  ]);
  expect(namesOf({ a: ["one"], b: ["two"] }, "always")).toEqual(["a_one", "b_two"]);
});

test("the order of servers makes no difference to any name", () => {
  const one = exposedNames(listed({ a: ["x", "y"], b: ["x"], "a.b": ["y"] }), "clash");
  const other = exposedNames(listed({ "a.b": ["y"], b: ["x"], a: ["x", "y"] }), "clash");
  expect([...one.owners].toSorted()).toEqual([...other.owners].toSorted());
});

test("a name is never given twice, whatever servers are called and whatever they list", () => {
  const lists = { a: ["b_c", "c", "a_c"], a_b: ["c"], "a.b": ["c", "a_b_c"], b: ["c", "a_c"] };
  for (const rule of ["clash", "always"] as const) {
    const { owners } = exposedNames(listed(lists), rule);
    expect(owners.size).toBe(8);
    for (const name of owners.keys()) expect(name).toMatch(SPEC);
  }
});

test("a prefixed name keeps to the spec's characters and lengths, and tells apart what was cut", () => {
  const long = "x".repeat(60);
  for (const name of [`${long}1`, "get user/ü", "a".repeat(64), "a".repeat(120), "a".repeat(128)]) {
    const given = prefixed({ server: "my.server-name", name });
    expect(given).toMatch(SPEC);
    expect(given.length).toBeLessThanOrEqual(name.length <= 64 ? 64 : 128);
    expect(given).toStartWith("my_server-name_");
  }
  expect(prefixed({ server: "server", name: `${long}1` })).not.toBe(
    prefixed({ server: "server", name: `${long}2` }),
  );
  expect(prefixed({ server: "a", name: "x y" })).not.toBe(prefixed({ server: "a", name: "x_y" }));
});

test("what a client was told goes on meaning that; a name that may mean two is not guessed", () => {
  const lists = listed({ a: ["search"], b: ["search", "only"] });
  const exposed = exposedNames(lists, "clash");
  const resolved = (name: string, told = new Map()) => resolveName(name, told, exposed, lists);
  expect(resolved("a_search")).toEqual({ kind: "found", own: { server: "a", name: "search" } });
  expect(resolved("search")).toEqual({ kind: "ambiguous", names: ["a_search", "b_search"] });
  const before = new Map([["search", { server: "b", name: "search" }]]);
  expect(resolved("search", before)).toEqual({ kind: "found", own: { server: "b", name: "search" } });
  // Another process had told it with its prefix.
  expect(resolved("b_only")).toEqual({ kind: "found", own: { server: "b", name: "only" } });
  expect(resolved("nothing")).toEqual({ kind: "unknown" });
});

test("with a prefix always, a name means the same whichever servers are there, and in whichever order", () => {
  const servers = ["a", "a_b", "b.c", "b_c"];
  const lists = { a: ["b_x", "x"], a_b: ["x"], "b.c": ["y"], b_c: ["y"] };
  const all = exposedNames(listed(lists), "always", servers);
  expect(all.owners.get("a_b_x")).toEqual({ server: "a_b", name: "x" });
  for (const one of listed(lists)) {
    const alone = exposedNames([one], "always", servers.toReversed());
    for (const [name, own] of alone.owners) expect([name, all.owners.get(name)]).toEqual([name, own]);
  }
});
