import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { M2mcpError } from "../../lib/failure.ts";
import { fingerprint, seal, unseal } from "../../lib/store/vault.ts";

const key = randomBytes(32);
const header = { kind: "profile", name: "svc" } as const;
const value = { secret: "ünï", list: [1, 2] };

const codeOf = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
    return "none";
  } catch (error) {
    return error instanceof M2mcpError ? error.code : String(error);
  }
};

test("a sealed value comes back, and shows nothing of itself", async () => {
  const bytes = await seal(key, header, value);
  expect(await unseal(key, header, bytes, "f")).toEqual(value);
  expect(Buffer.from(bytes).includes("ünï")).toBe(false);
  expect(Buffer.from(await seal(key, header, value)).equals(Buffer.from(bytes))).toBe(false);
});

test("a sealed file with any byte changed is noticed", async () => {
  const bytes = await seal(key, header, value);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Uint8Array.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(["damaged", "newer_format"]).toContain(await codeOf(() => unseal(key, header, changed, "f")));
  }
  for (let length = 0; length < bytes.length; length += 5)
    expect(await codeOf(() => unseal(key, header, bytes.subarray(0, length), "f"))).toBe("damaged");
});

test("a sealed file cannot take the place of another, and another key does not open it", async () => {
  const bytes = await seal(key, header, value);
  expect(await codeOf(() => unseal(key, { kind: "profile", name: "other" }, bytes, "f"))).toBe("damaged");
  expect(await codeOf(() => unseal(key, { kind: "state", name: "svc" }, bytes, "f"))).toBe("damaged");
  expect(await codeOf(() => unseal(randomBytes(32), header, bytes, "f"))).toBe("damaged");
});

test("a sealed file of a newer format is told from damage", async () => {
  const bytes = Buffer.from(await seal(key, header, value));
  const newer = Buffer.concat([Buffer.from("m2mcp 2 profile svc\n"), bytes.subarray(bytes.indexOf(10) + 1)]);
  expect(await codeOf(() => unseal(key, header, newer, "f"))).toBe("newer_format");
});

test("a fingerprint depends on key and parts alone", async () => {
  expect(await fingerprint(key, ["a", "b"])).toBe(await fingerprint(key, ["a", "b"]));
  expect(await fingerprint(key, ["ab"])).not.toBe(await fingerprint(key, ["a", "b"]));
  expect(await fingerprint(randomBytes(32), ["a", "b"])).not.toBe(await fingerprint(key, ["a", "b"]));
});
