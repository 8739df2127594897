import { afterEach, beforeEach, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { M2mcpError } from "../../../lib/failure.ts";
import { parseDescription } from "../../../lib/store/key/description.ts";
import { createStoreFolder, failureOf, profileNamed, type StoreFolder } from "../store-folder.ts";

let home: StoreFolder;
beforeEach(() => {
  home = createStoreFolder();
});
afterEach(() => home.remove());

const outcome = (text: string): string => {
  try {
    return parseDescription(text, "store.json").place;
  } catch (error) {
    return error instanceof M2mcpError ? error.code : String(error);
  }
};

const GOOD = {
  format: 1,
  id: "0123456789abcdef",
  place: "passphrase",
  scrypt: { salt: Buffer.alloc(16, 1).toString("base64"), N: 65536, r: 8, p: 2 },
  wrapped: Buffer.alloc(60, 2).toString("base64"),
};
const scrypt = (change: object) => ({ ...GOOD, scrypt: { ...GOOD.scrypt, ...change } });
const without = (name: keyof typeof GOOD) =>
  Object.fromEntries(Object.entries(GOOD).filter(([key]) => key !== name));

test("a description of each place is read, and one of a newer format told from damage", () => {
  expect(outcome(JSON.stringify(GOOD))).toBe("passphrase");
  expect(outcome(JSON.stringify({ ...GOOD, place: "keyring" }))).toBe("keyring");
  expect(outcome(JSON.stringify({ ...GOOD, place: "file" }))).toBe("file");
  expect(outcome(JSON.stringify({ ...GOOD, format: 2, place: "moon" }))).toBe("newer_format");
});

test("a description that is not as it is written is damaged: types, lengths, forms and costs", () => {
  const damaged = [
    ...["", "hello", "null", "[]", "7", '"text"', JSON.stringify(GOOD).slice(0, 80)],
    ...(["format", "id", "place", "scrypt", "wrapped"] as const).map(without),
    ...[null, 0, -1, 1.5, "1", [], {}].map((format) => ({ ...GOOD, format })),
    ...[null, 5, "", "x", "../../x", "0123456789ABCDEF", "0123456789abcdef0", ["0123456789abcdef"]].map(
      (id) => ({
        ...GOOD,
        id,
      }),
    ),
    ...[null, 5, "moon", "", ["file"], "__proto__"].map((place) => ({ ...GOOD, place })),
    ...[
      null,
      5,
      "",
      "x",
      GOOD.wrapped.slice(0, 20),
      `${GOOD.wrapped}AAAA`,
      GOOD.wrapped.replace("A", "!"),
    ].map((wrapped) => ({ ...GOOD, wrapped })),
    ...[null, 5, "x", []].map((value) => ({ ...GOOD, scrypt: value })),
    ...[null, 5, "", "AAAA", "A".repeat(100), {}, "not base64 at all"].map((salt) => scrypt({ salt })),
    ...[null, 0, 1, -2, 3, 65535, 65536.5, "65536", 2 ** 24, 2 ** 32, 1e300, Number.NaN].map((N) =>
      scrypt({ N }),
    ),
    ...[null, 0, -1, 9, 2 ** 20, "8", 0.5].map((r) => scrypt({ r })),
    ...[null, 0, -1, 9, 4000, "2", 2 ** 31].map((p) => scrypt({ p })),
    scrypt({ N: 2 ** 18, r: 8, p: 8 }),
  ];
  for (const one of damaged) {
    const text = typeof one === "string" ? one : JSON.stringify(one);
    expect([text, outcome(text)]).toEqual([text, "damaged"]);
  }
});

test("a damaged description is named before anything is derived or changed", async () => {
  const store = () => home.open({ M2MCP_PASSPHRASE: "p" });
  await store().writeProfile(profileNamed("a"));
  const file = join(home.folder, "store.json");
  const good = readFileSync(file, "utf8");
  const text = JSON.stringify({ ...JSON.parse(good), scrypt: { ...GOOD.scrypt, N: 2 ** 24 } });
  writeFileSync(file, text);
  const startedMs = performance.now();
  expect(await failureOf(store().readProfile("a"))).toBe("damaged");
  expect(await failureOf(store().writeProfile(profileNamed("b")))).toBe("damaged");
  expect(await failureOf(store().move("file"))).toBe("damaged");
  expect(performance.now() - startedMs).toBeLessThan(5000);
  expect(readFileSync(file, "utf8")).toBe(text);
  writeFileSync(file, good);
  expect(await store().readProfile("a")).toEqual(profileNamed("a"));
});
