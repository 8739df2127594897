import { expect, test } from "bun:test";
import { covers, requireSecure, resourceOf } from "../../../lib/auth/discovery/url.ts";
import { M2mcpError } from "../../../lib/failure.ts";

test("an address is https, loopback, or what was allowed out loud", () => {
  for (const url of [
    "https://h/x",
    "http://localhost:1",
    "http://a.localhost",
    "http://127.9.9.9/x",
    "http://[::1]:2/",
    "http://localhost.:1/",
  ])
    expect(requireSecure(url, "it", []).href).toBeTruthy();
  for (const url of [
    "http://h/x",
    "http://127.evil.com",
    "http://localhost.evil.com",
    "http://notlocalhost",
    "http://0.0.0.0",
    "ftp://localhost",
  ])
    expect(() => requireSecure(url, "it", [])).toThrow(M2mcpError);
  expect(requireSecure("http://h/x", "it", ["h"]).hostname).toBe("h");
});

test("a resource covers its own paths and no others", () => {
  expect(covers("https://h/mcp", "https://h/mcp")).toBe(true);
  expect(covers("https://h", "https://h/mcp")).toBe(true);
  expect(covers("https://h/mcp", "https://h/mcpx")).toBe(false);
  expect(covers("https://h:1/mcp", "https://h/mcp")).toBe(false);
  expect(covers("nonsense", "https://h/mcp")).toBe(false);
  expect([resourceOf("https://h/"), resourceOf("https://h/mcp#x"), resourceOf("https://h/mcp/")]).toEqual([
    "https://h",
    "https://h/mcp",
    "https://h/mcp/",
  ]);
});
