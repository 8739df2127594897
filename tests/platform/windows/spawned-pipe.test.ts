import { expect, test } from "bun:test";
import { isOfNode, isSpawnedPipe } from "../../../lib/platform/windows/spawned-pipe.ts";

test("a pipe of Node's is told from those of shells by its name", () => {
  expect(["\\uv\\18446744073709551615-32", "\\UV\\1-2"].map(isOfNode)).toEqual([true, true]);
  for (const other of ["", "\\Win32Pipes.00000a1c.00000001", "\\users\\uv\\a", "\\uvw\\1"])
    expect(isOfNode(other)).toBe(false);
});

test.skipIf(process.platform === "win32")("elsewhere nothing is asked for its name", async () => {
  expect(await isSpawnedPipe()).toBe(false);
});
