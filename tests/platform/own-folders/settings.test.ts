import { expect, test } from "bun:test";
import { homeFolder } from "../../../lib/platform/own-folders/home.ts";
import { storeFolder } from "../../../lib/platform/own-folders/settings.ts";

const own = () => "/own";

test("the store's folder is where the system keeps settings, unless M2MCP_HOME says another", () => {
  for (const [env, platform, folder] of [
    [{ HOME: "/home/u" }, "linux", "/home/u/.config/m2mcp"],
    [{ HOME: "/home/u", XDG_CONFIG_HOME: "/conf" }, "linux", "/conf/m2mcp"],
    [{ HOME: "/Users/u" }, "darwin", "/Users/u/Library/Application Support/m2mcp"],
    [{ USERPROFILE: "C:\\Users\\u", APPDATA: "C:\\Roaming" }, "win32", "C:\\Roaming\\m2mcp"],
    [{ USERPROFILE: "C:\\Users\\u" }, "win32", "C:\\Users\\u\\AppData\\Roaming\\m2mcp"],
    [{ HOME: "D:\\msys\\u", USERPROFILE: "C:\\Users\\u" }, "win32", "C:\\Users\\u\\AppData\\Roaming\\m2mcp"],
    [
      { HOME: "/c/Users/u", USERPROFILE: "C:\\Users\\u", APPDATA: "\\roaming" },
      "win32",
      "C:\\Users\\u\\AppData\\Roaming\\m2mcp",
    ],
    [{ APPDATA: "\\\\server\\home\\u\\Roaming" }, "win32", "\\\\server\\home\\u\\Roaming\\m2mcp"],
    [{ HOME: "/home/u", M2MCP_HOME: "/else" }, "linux", "/else"],
    // A relative one is the user's own word.
    [{ HOME: "/home/u", M2MCP_HOME: "else" }, "linux", "else"],
    [{}, "linux", "/own/.config/m2mcp"],
  ] as const)
    expect(storeFolder(env, platform, own)).toBe(folder);
});

const RELATIVE = [".", "..", "conf", "./conf", "../conf", "~", "~/x", "$HOME", "C:conf"];

test("the store's folder is never below the current one by a relative variable of the system", () => {
  for (const odd of ["", ...RELATIVE]) {
    expect(storeFolder({ HOME: "/home/u", XDG_CONFIG_HOME: odd }, "linux", own)).toBe(
      "/home/u/.config/m2mcp",
    );
    expect(storeFolder({ XDG_CONFIG_HOME: odd }, "linux", own)).toBe("/own/.config/m2mcp");
    expect(storeFolder({ APPDATA: odd, USERPROFILE: odd }, "win32", () => "C:\\own")).toBe(
      "C:\\own\\AppData\\Roaming\\m2mcp",
    );
  }
});

test("a relative HOME is refused by name where it is needed, and an empty one is none", () => {
  expect(storeFolder({ HOME: "" }, "linux", own)).toBe("/own/.config/m2mcp");
  for (const odd of RELATIVE) {
    for (const platform of ["linux", "darwin"])
      expect(() => storeFolder({ HOME: odd }, platform, own)).toThrow("HOME is");
    expect(storeFolder({ HOME: odd, XDG_CONFIG_HOME: "/conf" }, "linux", own)).toBe("/conf/m2mcp");
    expect(storeFolder({ HOME: odd, M2MCP_HOME: "/store" }, "linux", own)).toBe("/store");
    expect(storeFolder({ HOME: odd, USERPROFILE: "C:\\u" }, "win32", own)).toBe(
      "C:\\u\\AppData\\Roaming\\m2mcp",
    );
  }
});

test("M2MCP_HOME that nothing has expanded is named, and makes no folder of that name", () => {
  for (const odd of [
    "~",
    "~/store",
    "$HOME/store",
    "/home/$" + "{USER}/store",
    "$" + "{HOME}/store",
    "%APPDATA%\\store",
    "{{home}}/store",
    "{env:HOME}/store",
    // The forms that no other setting is taken in either.
    "$(HOME)/store",
    "#" + "{HOME}/store",
    "%(HOME)s/store",
    "<path>",
    '"/home/u/store"',
  ])
    expect(() => storeFolder({ M2MCP_HOME: odd }, "linux", own)).toThrow("which nothing has expanded");
});

test("a home is one that is absolute, the system's for who names none", () => {
  const lost = () => {
    throw new Error("no such user");
  };
  expect(homeFolder({}, "linux", own)).toBe("/own");
  expect(homeFolder({ HOME: "sub" }, "linux", own)).toBeUndefined();
  expect(homeFolder({}, "linux", lost)).toBeUndefined();
});
