import { describe, expect, test } from "bun:test";
import {
  carries,
  changesIn,
  listChanges,
  offered,
  tagged,
  untagged,
} from "../../../lib/mcp/protocol/subscription.ts";

const KEY = "io.modelcontextprotocol/";

describe("subscriptions", () => {
  const all = {
    toolsListChanged: true,
    promptsListChanged: true,
    resourcesListChanged: true,
    resourceSubscriptions: ["a:1"],
  };
  test("tags come and go", () => {
    expect(tagged({ uri: "a:1", _meta: { x: 1 } }, "5")).toEqual({
      uri: "a:1",
      _meta: { x: 1, [`${KEY}subscriptionId`]: 5 },
    });
    expect(untagged(tagged({ uri: "a:1" }, "5"))).toEqual({ uri: "a:1" });
    expect(untagged(tagged({ _meta: { x: 1 } }, "5"))).toEqual({ _meta: { x: 1 } });
  });
  test("carry what their filter names", () => {
    expect(carries(all, "notifications/tools/list_changed", {})).toBe(true);
    expect(carries({}, "notifications/tools/list_changed", {})).toBe(false);
    expect(carries(all, "notifications/resources/updated", { uri: "a:1" })).toBe(true);
    expect(carries(all, "notifications/resources/updated", { uri: "a:2" })).toBe(false);
    expect(carries(all, "notifications/message", {})).toBe(false);
  });
  test("carry what changes below a resource that their filter names", () => {
    const below = (subscribed: string, uri: string) =>
      carries({ resourceSubscriptions: ["b:1", subscribed] }, "notifications/resources/updated", { uri });
    expect(below("file:///p", "file:///p/a.txt")).toBe(true);
    expect(below("file:///p/", "file:///p/a/b.txt")).toBe(true);
    expect(below("doc:1", "doc:1#part")).toBe(true);
    expect(below("doc:1", "doc:1?page=2")).toBe(true);
    expect(below("file:///p", "file:///pq/a.txt")).toBe(false);
    expect(below("file:///p/a.txt", "file:///p")).toBe(false);
  });
  test("are cut down to what the server offers", () => {
    expect(offered(all, { tools: { listChanged: true }, resources: {} })).toEqual({ toolsListChanged: true });
    expect(offered(all, { resources: { subscribe: true } })).toEqual({ resourceSubscriptions: ["a:1"] });
    expect(offered({}, { tools: { listChanged: true } })).toEqual({});
    expect(listChanges({ prompts: { listChanged: true }, resources: { listChanged: false } })).toEqual({
      promptsListChanged: true,
    });
  });
  test("tell of all that may have been missed", () => {
    expect(changesIn(all).map(({ method }) => method)).toEqual([
      "notifications/tools/list_changed",
      "notifications/prompts/list_changed",
      "notifications/resources/list_changed",
      "notifications/resources/updated",
    ]);
    expect(changesIn({})).toEqual([]);
  });
});
