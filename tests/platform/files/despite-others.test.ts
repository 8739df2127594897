import { expect, test } from "bun:test";
import { despiteOthers } from "../../../lib/platform/files/despite-others.ts";

/** Fails with the code so often, then works. */
function failing(code: string, times: number) {
  let count = 0;
  const work = async () => {
    if (count++ < times) throw Object.assign(new Error(code), { code });
    return "done";
  };
  return { work, count: () => count };
}

test.each(["EBUSY", "EPERM", "EACCES"])("%s passes on Windows: it is tried again", async (code) => {
  const { work, count } = failing(code, 3);
  expect(await despiteOthers(work, "win32")).toBe("done");
  expect(count()).toBe(4);
});

test("what does not pass is thrown on Windows too, after less than a second", async () => {
  const { work } = failing("EACCES", 100);
  const startedMs = performance.now();
  await expect(despiteOthers(work, "win32")).rejects.toThrow("EACCES");
  await despiteOthers(work, "win32").catch(() => {});
  expect(performance.now() - startedMs).toBeLessThan(10_000);
});

test("elsewhere, and of any other failure, the first answer is the last", async () => {
  for (const [code, platform] of [
    ["EACCES", "linux"],
    ["EPERM", "darwin"],
    ["ENOSPC", "win32"],
    ["EEXIST", "win32"],
  ] as const) {
    const { work, count } = failing(code, 1);
    await expect(despiteOthers(work, platform)).rejects.toThrow(code);
    expect(count()).toBe(1);
  }
});
