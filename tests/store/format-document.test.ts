// docs/store-format.md names every key that is stored: who adds one meets this test.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..", "..");
const document = readFileSync(join(ROOT, "docs", "store-format.md"), "utf8");
const sources = readdirSync(join(ROOT, "lib"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => readFileSync(join(ROOT, "lib", path), "utf8"));

/** The keys of an interface, as its source has them. */
function keysOf(name: string): string[] {
  const bodies = sources.flatMap((text) => {
    const body = new RegExp(
      `^export interface ${name}(?:<[^{]*>)?(?: extends \\w+)? \\{$(.*?)^\\}$`,
      "ms",
    ).exec(text)?.[1];
    return body === undefined ? [] : [body];
  });
  expect([name, bodies.length]).toEqual([name, 1]);
  return [...(bodies[0] ?? "").matchAll(/^ {2}(\w+)\??:/gm)].map(([, key = ""]) => key);
}

for (const name of [
  "Profile",
  "Credentials",
  "Client",
  "AuthState",
  "Token",
  "CachedState",
  "ServerMemory",
  "ScryptParameters",
])
  test(`the store's format is described with every key of ${name}`, () => {
    const keys = keysOf(name);
    expect(keys.length).toBeGreaterThan(2);
    expect(keys.filter((key) => !new RegExp(`[\x60".]${key}[\x60".]`).test(document))).toEqual([]);
  });
