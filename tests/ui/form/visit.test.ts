import { expect, test } from "bun:test";
import { askVisit } from "../../../lib/ui/form/visit.ts";

async function shownOf(url: string): Promise<string> {
  let shown = "";
  const lines = { write: (text: string) => (shown += text), ask: async () => ({ kind: "ended" }) as const };
  await askVisit(lines, { host: "mcp.example.com", message: "hi", url }, new AbortController().signal);
  return shown;
}

test("plain http is warned of, unless the address is this machine's", async () => {
  for (const url of ["http://localhost:1/x", "http://127.0.0.1/x", "http://[::1]/x", "https://h.example/x"])
    expect(await shownOf(url)).not.toContain("in the clear");
  for (const url of [
    "http://h.example/x",
    "http://localhost.evil.example/x",
    "http://127.0.0.1.evil.example/x",
  ])
    expect(await shownOf(url)).toContain("in the clear");
});
