import { expect, test } from "bun:test";
import { serverUrl } from "../../../lib/verbs/target/server-url.ts";

test("a server's address has one spelling: escapes of what needs none are undone", () => {
  for (const text of [
    "https://h/%6Dcp",
    "HTTPS://H:443/x/../mcp",
    "h.example/%6dcp".replace("h.example", "https://h"),
    "https://h/mcp#top",
    "https://h/mcp?",
    " https://h/mcp\n",
  ])
    expect(serverUrl(text)).toBe("https://h/mcp");
  expect(serverUrl("https://h/a%2fb%20c?k=%7e%3d")).toBe("https://h/a%2Fb%20c?k=~%3D");
});

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: that is the fault
test("a server's address that nothing expanded is named as that, and not repeated", () => {
  for (const text of [
    "${MCP_URL}",
    "https://${HOST}/mcp",
    "%MCP_URL%",
    "{{MCP_URL}}",
    "https://h/{{path}}",
    "https://$HOST/mcp",
    "https://{host}/mcp",
  ]) {
    expect(() => serverUrl(text)).toThrow("nothing expanded");
    expect(() => serverUrl(text)).not.toThrow("MCP_URL");
  }
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: that is the fault

test("a server's address in quotes or brackets is none", () => {
  for (const text of ['"https://h/mcp"', "'h.example/mcp'", "<https://h/mcp>"])
    expect(() => serverUrl(text)).toThrow("no address");
});
