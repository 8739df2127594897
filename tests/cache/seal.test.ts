import { expect, test } from "bun:test";
import { createVault, rootOf } from "../../lib/cache/seal.ts";

test("what one member seals, all with the same secret open for the same name, and nobody else", async () => {
  const vaultOf = async (text: string, parts: unknown[]) =>
    createVault(await rootOf({ text, isRandom: true }, "salt"), parts);
  const one = await vaultOf("secret", ["a", null]);
  const sealed = await one.seal({ token: "x" });
  expect(await (await vaultOf("secret", ["a", null])).open(sealed)).toEqual({ token: "x" });
  expect((await vaultOf("secret", ["a", null])).name).toBe(one.name);
  for (const other of [await vaultOf("other", ["a", null]), await vaultOf("secret", ["a"])]) {
    expect(other.name).not.toBe(one.name);
    expect(await other.open(sealed)).toBeUndefined();
  }
  expect(await one.open("nonsense")).toBeUndefined();
});

test("a passphrase is one however its letters were typed, as it is to the store", async () => {
  const rooted = async (text: string) => Buffer.from(await rootOf({ text, isRandom: false }, "salt"));
  expect(await rooted("cafe\u0301")).toEqual(await rooted("caf\u00e9"));
  expect(await rooted("cafe")).not.toEqual(await rooted("caf\u00e9"));
});
