import { describe, expect, test } from "bun:test";
import { wholePath } from "../../../lib/platform/own-folders/home.ts";
import { chosenLog } from "../../../lib/verbs/activity/chosen-log.ts";

type Env = Record<string, string>;

describe("a path that a person wrote", () => {
  test.each([
    ["of its own", "a/b", { HOME: "/home/ann" }, "/work/a/b"],
    ["whole", "/a/b", { HOME: "/home/ann" }, "/a/b"],
    ["in the home", "~/b", { HOME: "/home/ann" }, "/home/ann/b"],
    ["in a home whose name means something to a pattern", "~/b", { HOME: "/home/$&" }, "/home/$&/b"],
    ["in the home where HOME is empty", "~/b", { HOME: "", USERPROFILE: "/home/ann" }, "/home/ann/b"],
    ["of another's home", "~bob/b", { HOME: "/home/ann" }, "/work/~bob/b"],
    ["where no home is known", "~/b", { HOME: "somewhere" }, "/work/~/b"],
  ] as [string, string, Env, string][])("%s", (_, text, env, found) => {
    expect(wholePath(text, "/work", env, "linux")).toBe(found);
  });

  test.each([
    ["~/b", { USERPROFILE: "C:\\Users\\ann", HOME: "/c/Users/ann" }, "C:\\Users\\ann\\b"],
    ["~\\b", { USERPROFILE: "C:\\Users\\ann" }, "C:\\Users\\ann\\b"],
    ["b", { USERPROFILE: "C:\\Users\\ann" }, "C:\\work\\b"],
  ] as [string, Env, string][])(
    "%s on Windows, where a shell from elsewhere has a HOME",
    (text, env, found) => {
      expect(wholePath(text, "C:\\work", env, "win32")).toBe(found);
    },
  );

  test("the log of bridges is one", () => {
    const env = { M2MCP_LOG: "~/bridge.log", HOME: "", USERPROFILE: "/home/ann" };
    expect(chosenLog(env, "/work")).toBe("/home/ann/bridge.log");
  });
});
