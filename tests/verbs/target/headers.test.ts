import { expect, test } from "bun:test";
import { withServerHeaders } from "../../../lib/verbs/target/headers.ts";

async function sent(url: string, init: RequestInit = {}) {
  let seen = new Headers();
  const next = async (_input: RequestInfo | URL, given?: RequestInit) => {
    seen = new Headers(given?.headers);
    return new Response();
  };
  const headers = [
    ["X-Gateway-Key", "k"],
    ["Accept", "own"],
    ["Authorization", "Basic x"],
  ] as [string, string][];
  const sending = withServerHeaders(
    Object.assign(next, { preconnect: fetch.preconnect }),
    "https://mcp.example/mcp",
    headers,
  );
  await sending(url, init);
  return Object.fromEntries(seen);
}

test("the user's headers go with each request to the server's origin, and nowhere else", async () => {
  expect(
    await sent("https://mcp.example/.well-known/x", { headers: { accept: "application/json" } }),
  ).toEqual({
    accept: "application/json",
    "x-gateway-key": "k",
  });
  for (const elsewhere of [
    "https://as.example/token",
    "http://mcp.example/mcp",
    "https://mcp.example:8443/mcp",
  ])
    expect(await sent(elsewhere)).toEqual({});
});
