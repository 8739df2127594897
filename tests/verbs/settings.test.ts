import { expect, test } from "bun:test";
import { CONNECTION } from "../../lib/command-line/options/connection.ts";
import { SETTINGS } from "../../lib/verbs/settings/setting.ts";

test("settings: what says how a server is reached is one, but for the store's own key", () => {
  const names = Object.keys(CONNECTION).filter((name) => name !== "store");
  expect(names.length).toBeGreaterThan(8);
  expect(names.filter((name) => !SETTINGS.some((setting) => setting.name === name))).toEqual([]);
});
