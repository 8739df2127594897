import { describe, expect, test } from "bun:test";
import {
  giveBackBuffer,
  isTaken,
  joinPieces,
  takeBuffer,
} from "../../../lib/platform/runtime/long-buffers.ts";

const LONG = 300 * 1024;
const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte);

describe("memory of long messages", () => {
  test("that is given back is used again, and who still holds it sees it empty", () => {
    const first = takeBuffer(LONG).fill(1);
    giveBackBuffer(first.subarray(10, 20));
    expect(first).toHaveLength(0);
    const second = takeBuffer(LONG);
    expect(second[0]).toBe(1);
    expect(second).toHaveLength(LONG);
    giveBackBuffer(second);
  });

  test("is given back once", () => {
    const one = takeBuffer(LONG).fill(2);
    const view = one.subarray(0);
    giveBackBuffer(one);
    giveBackBuffer(view);
    const [again, other] = [takeBuffer(LONG), takeBuffer(LONG)];
    expect(again.buffer).not.toBe(other.buffer);
    for (const bytes of [again, other]) giveBackBuffer(bytes);
  });

  test("that is not its own stays as it is", () => {
    const foreign = filled(LONG, 3);
    expect(isTaken(foreign)).toBe(false);
    giveBackBuffer(foreign);
    expect(foreign).toHaveLength(LONG);
    expect(isTaken(takeBuffer(1024))).toBe(false);
  });

  test("holds pieces in order, also those that share theirs", () => {
    const shared = filled(LONG, 4);
    const whole = joinPieces([shared.subarray(0, 10), filled(LONG, 5), shared.subarray(10)]);
    expect(whole).toHaveLength(2 * LONG);
    expect([whole[9], whole[10], whole[LONG + 9], whole[LONG + 10]]).toEqual([4, 5, 5, 4]);
    expect(shared).toHaveLength(LONG);
  });
});
