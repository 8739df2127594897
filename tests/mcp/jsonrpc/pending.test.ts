import { expect, test } from "bun:test";
import { Pending } from "../../../lib/mcp/jsonrpc/pending.ts";

test("a request is settled once, whoever comes first", () => {
  const pending = new Pending<string>();
  expect(pending.add("1", "a")).toBe(true);
  expect(pending.settle("1")).toBe("a");
  expect(pending.settle("1")).toBeUndefined();
  expect(pending.settle("2")).toBeUndefined();
});

test("an id under way is not taken twice, and stays what it was; once settled it may be used again", () => {
  const pending = new Pending<string>();
  pending.add("1", "first");
  expect(pending.add("1", "second")).toBe(false);
  expect(pending.get("1")).toBe("first");
  pending.settle("1");
  expect(pending.add("1", "second")).toBe(true);
});

test("ids that are written differently are different requests", () => {
  const pending = new Pending<string>();
  for (const id of ["1", '"1"', "1.0"]) expect(pending.add(id, id)).toBe(true);
  expect(pending.size).toBe(3);
  expect(pending.settle('"1"')).toBe('"1"');
  expect(pending.entries()).toEqual([
    ["1", "1"],
    ["1.0", "1.0"],
  ]);
  expect(pending.values()).toEqual(["1", "1.0"]);
});

test("a value of undefined is a request too", () => {
  const pending = new Pending<undefined>();
  pending.add("1", undefined);
  expect(pending.has("1")).toBe(true);
  pending.settle("1");
  expect(pending.size).toBe(0);
});

test("all who wait until nothing is under way are told, at once where nothing is", async () => {
  const pending = new Pending<string>();
  await pending.empty();
  pending.add("1", "a");
  pending.add("2", "b");
  const told: string[] = [];
  const waiting = [pending.empty().then(() => told.push("x")), pending.empty().then(() => told.push("y"))];
  pending.settle("1");
  await Promise.resolve();
  expect(told).toEqual([]);
  pending.settle("2");
  await Promise.all(waiting);
  expect(told).toEqual(["x", "y"]);
});
