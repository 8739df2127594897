// Proofs of possession name what is sent to the MCP server, and only there (SEP-1932).
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { decodeJwt } from "jose";
import { createProof, proofKeyFor } from "../../../lib/auth/client/dpop.ts";

const URL_ = "https://mcp.example/mcp";
const key = await proofKeyFor("ES256");
const claimsOf = async (request: Parameters<typeof createProof>[1]) =>
  decodeJwt(await createProof(key, request, 0));
const digest = (content: string | Uint8Array) =>
  `sha-256=:${createHash("sha256").update(content).digest("base64")}:`;

test("a proof with a token names the digest of the body, as text or bytes, also where there is none", async () => {
  const bytes = new TextEncoder().encode('{"é":1}');
  for (const content of ['{"jsonrpc":"2.0"}', bytes, undefined])
    expect((await claimsOf({ method: "POST", url: URL_, accessToken: "t", content })).content_digest).toBe(
      digest(content ?? ""),
    );
  // As the specification has it: base64, not its url-safe kind.
  expect(digest("")).toBe("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:");
});

test("a proof for the token endpoint names no digest", async () => {
  expect(
    await claimsOf({ method: "POST", url: "https://as.example/token", content: "a=b" }),
  ).not.toContainKey("content_digest");
});

test("a proof names its address without query and fragment (RFC 9449 §4.2), and the nonce of that origin alone", async () => {
  const url = "https://mcp.example:8443/a%2Fb/mcp?tenant=1#x";
  const { nonces } = key;
  Object.assign(nonces, { "https://mcp.example:8443": "own", "https://mcp.example": "another's" });
  expect(await claimsOf({ method: "GET", url, accessToken: "t" })).toMatchObject({
    htm: "GET",
    htu: "https://mcp.example:8443/a%2Fb/mcp",
    nonce: "own",
    ath: createHash("sha256").update("t").digest("base64url"),
  });
  expect(await claimsOf({ method: "POST", url: "https://as.example/token" })).not.toContainAnyKeys([
    "nonce",
    "ath",
  ]);
});
