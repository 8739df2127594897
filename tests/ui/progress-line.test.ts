// The line that shows what is under way.
import { expect, test } from "bun:test";
import { createProgressLine, progressText } from "../../lib/ui/progress/progress-line.ts";
import { sink } from "../support/run-verb.ts";

test.each([
  [undefined, "waiting for example.com, 2 s"],
  [{ progress: 1, total: 4, message: "row 1" }, "[#####...............] 1/4 row 1, 2 s"],
  [{ progress: 9, total: 3 }, "[####################] 9/3, 2 s"],
  [{ progress: 5 }, "5, 2 s"],
  [{ progress: 0.5, total: 0 }, "0.5/0, 2 s"],
  [{ progress: 1, message: "a\u001b[2J\nb" }, "1 a\\u001b[2J b, 2 s"],
])("%o", (latest, line) => expect(progressText(latest, "example.com", 2400, 80)).toBe(line));

test("it is cut to the terminal, by columns", () => {
  expect(progressText({ progress: 1, message: "界".repeat(20) }, "", 0, 20)).toBe("1 界界界界界界界界…");
});

test("it takes one line, and leaves nothing behind", () => {
  const { stream, text } = sink();
  const line = createProgressLine(stream, {
    columns: () => 40,
    waitingFor: "x",
    sinceMs: 0,
    nowMs: () => 1000,
  });
  line.show({ progress: 1, total: 2 });
  line.end();
  expect(text()).not.toContain("\n");
  expect(text()).toEndWith("\r\u001b[2K");
});
