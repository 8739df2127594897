import { expect, test } from "bun:test";
import { BRIDGE, ONE_OFF } from "../../../lib/verbs/target/open-endpoint.ts";

test("the first exchange of a bridge is given up before hosts give up, who wait for 30 s; its calls have longer", () => {
  expect(BRIDGE.connectTimeoutMs).toBeLessThan(28_000);
  expect(BRIDGE.connectTimeoutMs).toBeGreaterThan(15_000);
  expect(BRIDGE.timeoutMs).toBe(600_000);
});

test("a command has one limit: it is its first exchange", () => {
  expect(ONE_OFF.connectTimeoutMs).toBeUndefined();
});
