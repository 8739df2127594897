// What the page of troubles quotes is what is said: each quoted piece stands in the source.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { overviewSvg } from "../../pictures/overview.ts";
import { ROOT } from "../../support/home.ts";

/** What hosts say by themselves. */
const OF_HOSTS = ["spawn", "ENOENT", "command not found"];

test("the page of troubles quotes what is said", () => {
  const source = readdirSync(join(ROOT, "lib"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(ROOT, "lib", name), "utf8"))
    .join("\n")
    .replaceAll(/\$\{[^}]*\}/g, "…");
  const page = readFileSync(join(ROOT, "docs", "troubleshooting.md"), "utf8");
  const seen = [...page.matchAll(/^\| (".*?") +\| /gm)].map(([, cell = ""]) => cell);
  expect(seen.length).toBeGreaterThan(15);
  const pieces = seen
    .flatMap((cell) => [...cell.matchAll(/"([^"]+)"/g)])
    .flatMap(([, quoted = ""]) => quoted.split(/…|: (?=invalid_|unauthorized_)/))
    .map((piece) => piece.replace(/@svc|\(elicitation.*|invalid_\w+|unauthorized_\w+/g, "").trim())
    .filter((piece) => piece !== "" && !OF_HOSTS.includes(piece));
  expect(pieces.filter((piece) => !source.includes(piece))).toEqual([]);
});

test("the picture is what its source draws", () =>
  expect(readFileSync(join(ROOT, "docs", "overview.svg"), "utf8")).toBe(overviewSvg()));

test("the recording shows no place of the machine that made it", () => {
  const recording = readFileSync(join(ROOT, "docs", "shell.svg"), "utf8");
  expect(recording).not.toContain(ROOT);
  expect(recording).not.toMatch(/\/(root|home|work|Users)\//);
});
