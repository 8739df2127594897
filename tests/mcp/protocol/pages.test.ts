import { describe, expect, test } from "bun:test";
import { MAX_PAGES, nextPage } from "../../../lib/mcp/protocol/pages.ts";

/** Follows the pages that a server names one after the other; what was asked for, and what was told. */
function follow(cursorOf: (asked: string | undefined) => unknown) {
  const told: string[] = [];
  const next = nextPage(
    () => told.push("loop"),
    () => told.push("endless"),
  );
  const asked: (string | undefined)[] = [];
  let cursor: string | undefined;
  do {
    asked.push(cursor);
    const nextCursor = cursorOf(cursor);
    cursor = next(nextCursor === undefined ? {} : { nextCursor });
  } while (cursor !== undefined);
  return { asked, told };
}

describe("pages of a list", () => {
  test("are followed to the one that names no next", () => {
    const pages: Record<string, string> = { "": "b", b: "c" };
    expect(follow((asked = "") => pages[asked])).toEqual({ asked: [undefined, "b", "c"], told: [] });
  });

  test.each([[null], [7], [true], [{}], [["a"]]])("end at a cursor that is no text: %p", (cursor) => {
    expect(follow(() => cursor)).toEqual({ asked: [undefined], told: [] });
  });

  test("are asked for with an empty cursor as with any other, once", () => {
    expect(follow((asked) => (asked === undefined ? "" : undefined)).asked).toEqual([undefined, ""]);
    expect(follow(() => "")).toEqual({ asked: [undefined, ""], told: ["loop"] });
  });

  test("end at a cursor that was there before, however far back", () => {
    expect(follow(() => "same")).toEqual({ asked: [undefined, "same"], told: ["loop"] });
    const round: Record<string, string> = { "": "a", a: "b", b: "c", c: "a" };
    expect(follow((asked = "") => round[asked])).toEqual({
      asked: [undefined, "a", "b", "c"],
      told: ["loop"],
    });
  });

  test("end where they do not", () => {
    let n = 0;
    const { asked, told } = follow(() => `${n++}`);
    expect(asked).toHaveLength(MAX_PAGES);
    expect(told).toEqual(["endless"]);
  });
});
