// What a refusal of the MCP server means, row by row.
import { expect, test } from "bun:test";
import { meaningOf, type RefusalMeaning, type SentRequest } from "../../../lib/auth/authorization/refusal.ts";
import { tokenChallenge } from "../../../lib/auth/discovery/token-challenge.ts";

const bearer: SentRequest = { isBound: false, skewMs: 600_000, tried: [] };
const bound: SentRequest = { isBound: true, skewMs: 0, tried: [] };
const skewed: SentRequest = { ...bound, skewMs: -600_000 };
const scopes = ["a", "b"];

const ROWS: [status: number, header: string | null, sent: SentRequest, meaning: RefusalMeaning][] = [
  // The status alone.
  [401, null, bearer, { kind: "token_refused" }],
  [401, "Basic realm=x", bearer, { kind: "token_refused" }],
  [403, null, bearer, { kind: "forbidden" }],
  [403, "Bearer", bearer, { kind: "forbidden" }],
  [400, null, bearer, { kind: "forbidden" }],
  // The challenge's error comes first (RFC 6750 §3.1).
  ...[400, 401, 403].flatMap((status): typeof ROWS => [
    [status, "Bearer error=invalid_token", bearer, { kind: "token_refused" }],
    [
      status,
      'Bearer error="insufficient_scope", scope="a b"',
      bearer,
      { kind: "insufficient_scope", scopes },
    ],
    [status, "DPoP error=use_dpop_nonce", bound, { kind: "nonce_wanted" }],
    [status, "DPoP error=use_dpop_nonce", { ...bound, tried: ["nonce"] }, { kind: "not_accepted" }],
    [status, "DPoP error=invalid_dpop_proof", skewed, { kind: "clock_differs", skewMs: -600_000 }],
    [status, "DPoP error=invalid_dpop_proof", { ...skewed, tried: ["clock"] }, { kind: "token_refused" }],
    [status, "DPoP error=invalid_dpop_proof", bound, { kind: "token_refused" }],
  ]),
  // No scope is named: the metadata may.
  [403, "Bearer error=insufficient_scope", bearer, { kind: "insufficient_scope", scopes: [] }],
  [401, "Bearer error=insufficient_scope", bearer, { kind: "token_refused" }],
  // Proofs are no matter where none was sent, nor is the clock.
  [401, "DPoP error=use_dpop_nonce", bearer, { kind: "token_refused" }],
  [403, "DPoP error=invalid_dpop_proof", bearer, { kind: "forbidden" }],
  [403, "Bearer error=invalid_request", bearer, { kind: "forbidden" }],
];

for (const [status, header, sent, meaning] of ROWS)
  test(`a refusal: ${status} ${header} to ${sent.isBound ? "a bound" : "a bearer"} token, tried ${sent.tried.join() || "nothing"}, skew ${sent.skewMs} means ${meaning.kind}`, () => {
    expect(meaningOf(status, tokenChallenge(header), sent)).toEqual(meaning);
  });
