import { expect, test } from "bun:test";
import type { Credentials } from "../../../lib/auth/credentials.ts";
import { makeTokenRequest } from "../../../lib/auth/grants/token-request.ts";
import { memoryDeps } from "../memory-deps.ts";

test("a token request has the user's own parameters last, in place of ours", async () => {
  const credentials: Credentials = {
    grant: "client-credentials",
    clientId: "id",
    authentication: { kind: "secret", method: "client_secret_post", secret: { from: "value", value: "s" } },
    tokenParams: [
      ["resource", "urn:a"],
      ["resource", "urn:b"],
      ["client_id", "other"],
    ],
  };
  const found = { resource: "https://mcp.example", tokenEndpoint: "https://as/token", discoveredAtMs: 0 };
  const { body } = await makeTokenRequest(memoryDeps().deps, credentials, found, "a", 0);
  expect(body.toString()).toBe(
    "grant_type=client_credentials&scope=a&client_secret=s&resource=urn%3Aa&resource=urn%3Ab&client_id=other",
  );
});
