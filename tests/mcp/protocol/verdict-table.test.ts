// The table of the verdict: what was asked, in which state; what was answered; what it means.
import { describe, expect, test } from "bun:test";
import { errorResponse, resultResponse } from "../../../lib/mcp/jsonrpc/message.ts";
import { type Answer, answered, type Refused } from "../../../lib/mcp/protocol/answer.ts";
import { type Asked, judge, type Verdict } from "../../../lib/mcp/protocol/verdict.ts";

const LOST: Verdict = { kind: "session_lost", sure: true };
const MAYBE_LOST: Verdict = { kind: "session_lost", sure: false };
const OWN: Verdict = { kind: "method_error" };
const REFUSED: Verdict = { kind: "refused" };
const ANSWERED: Verdict = { kind: "answered" };
const eras = (...eras: ("modern" | "legacy" | "sse")[]): Verdict => ({ kind: "other_era", eras });
const versions = (...versions: string[]): Verdict => ({ kind: "other_version", versions });

/** A refusal: status, then the code and message of a JSON-RPC error, or words. */
const http = (status: number, more: Omit<Refused, "kind" | "status"> = {}): Answer => ({
  kind: "refused",
  status,
  ...more,
});
const error = (code: number, message = "no", data?: unknown) => ({
  error: { code, message, ...(data === undefined ? {} : { data }) },
});
/** The same in an answer of status 200. */
const ok = (code: number, message = "no", data?: unknown) =>
  answered(errorResponse("1", error(code, message, data).error));
const result = (value: object) => answered(resultResponse("1", { ...value }));

type Row = [what: string, answer: Answer, verdict: Verdict];
const table = (title: string, asked: Asked, rows: Row[]) =>
  describe(title, () => {
    test.each(rows)("%s", (_what, answer, verdict) => {
      expect(judge(asked, answer)).toEqual(verdict);
    });
  });

const legacy: Asked = { era: "legacy", method: "tools/call", proven: true };
const inSession: Asked = { ...legacy, inSession: true };

table("a request in a session:", inSession, [
  ["a result", result({ content: [] }), ANSWERED],
  ["an error in a 200", ok(-32602), OWN],
  ["method not found in a 200", ok(-32601), OWN],
  ["method not found with 404, as HTTP frameworks have it", http(404, { ...error(-32601), id: "1" }), OWN],
  ["the same to nobody", http(404, { ...error(-32601), id: null }), OWN],
  ["the same in words about a session", http(404, error(-32601, "unknown method session/x")), OWN],
  ["404 with the request's own error", http(404, { ...error(-32002, "no such thing"), id: "1" }), OWN],
  ["404 with an error to nobody", http(404, { ...error(-32001, "gone away"), id: null }), MAYBE_LOST],
  [
    "404 with the SDK's code to the call",
    http(404, { ...error(-32001, "gone away"), id: "1" }),
    { ...MAYBE_LOST, isOfCall: true },
  ],
  ["404 with text", http(404, { words: "404 page not found" }), MAYBE_LOST],
  ["404 with nothing", http(404), MAYBE_LOST],
  ["404, Session not found", http(404, { ...error(-32001, "Session not found"), id: null }), LOST],
  ["404, as the C# SDK has it", http(404, { ...error(-32001, "Session not found"), id: '""' }), LOST],
  ["404, in text", http(404, { words: "session not found" }), LOST],
  ["400, -32000 to nobody", http(400, { ...error(-32000, "Bad Request"), id: null }), MAYBE_LOST],
  ["400, -32000 to the request", http(400, { ...error(-32000, "mine"), id: "1" }), OWN],
  [
    "400, No valid session ID",
    http(400, { ...error(-32000, "No valid session ID provided"), id: "1" }),
    LOST,
  ],
  ["400, Server not initialized", http(400, { ...error(-32000, "Server not initialized"), id: null }), LOST],
  ["400, in text", http(400, { words: "Session not found" }), LOST],
  ["400, of something else", http(400, { words: "invalid JSON" }), REFUSED],
  ["400, with nothing", http(400), REFUSED],
  ["401 of the session", http(401, { words: "Session expired or unknown" }), LOST],
  ["401 of the token", http(401, { words: "token expired" }), REFUSED],
  ["403 of the session", http(403, { words: "invalid session" }), LOST],
  ["403 of the caller", http(403, { words: "not for you" }), REFUSED],
  ["410", http(410, { words: "session is gone" }), LOST],
  ["410 with nothing", http(410), MAYBE_LOST],
  ["410 of something else", http(410, { words: "the tool is gone for good" }), REFUSED],
  [
    "403 with a code of the session",
    http(403, { ...error(-32603, "no more"), words: "SESSION_EXPIRED: no more" }),
    LOST,
  ],
  ["400 with the session in the data", http(400, error(-32602, "Bad request", "Session not found")), LOST],
  ["200 with words for an error", http(200, { words: "Session not found" }), LOST],
  ["200 with other words", http(200, { words: "out of order" }), REFUSED],
  ["422", http(422, { words: "unknown Mcp-Session-Id" }), LOST],
  ["500 of the session", http(500, { words: "session s1 not found" }), LOST],
  ["500 of something else", http(500, { words: "boom" }), REFUSED],
  ["502", http(502, { words: "Bad Gateway" }), REFUSED],
  ["503", http(503), REFUSED],
  ["200, -32001", ok(-32001, "Session not found"), LOST],
  ["200, -32000", ok(-32000, "Server not initialized"), LOST],
  ["200, -32600", ok(-32600, "Session terminated"), LOST],
  ["200, words of a session in an error of the tool", ok(-32603, "browser session not found"), OWN],
  ["200, -32001 of something else", ok(-32001, "Request timed out"), OWN],
  ["200, a resource whose address has a session in it", ok(-32002, "not found: file:///session.md"), OWN],
  ["405 in the midst of it", http(405), REFUSED],
  [
    "a modern error in the midst of it",
    http(400, error(-32022, "no", { supported: ["2026-07-28"] })),
    eras("modern"),
  ],
]);

table("what only reads, or sets, in a session:", { ...inSession, method: "tools/list" }, [
  ["200, -32603 of a session", ok(-32603, "Session not found: s1"), LOST],
  ["200, -32602 of a session", ok(-32602, "Invalid session ID"), LOST],
  ["200, -32602 of something else", ok(-32602, "cursor expired"), OWN],
]);

table("the same where fresh sessions met it too:", { ...inSession, refusedAfresh: true }, [
  ["404 with nothing", http(404), REFUSED],
  ["404, in text", http(404, { words: "session not found" }), REFUSED],
  ["400, -32000 to nobody", http(400, { ...error(-32000), id: null }), OWN],
  ["200, -32000", ok(-32000, "browser session not found"), OWN],
  ["a result", result({}), ANSWERED],
]);

table(
  "a request in a session that an earlier command left:",
  { ...inSession, proven: false, remembered: true },
  [
    ["a result", result({}), ANSWERED],
    ["404", http(404), LOST],
    ["405", http(405), LOST],
    ["400 with anything", http(400, { ...error(-32602), id: null }), LOST],
    [
      "400 with anything about the call",
      http(400, { ...error(-32602), id: "1" }),
      { ...MAYBE_LOST, isOfCall: true },
    ],
    [
      "404 with anything about the call",
      http(404, { ...error(-32002), id: "1" }),
      { ...MAYBE_LOST, isOfCall: true },
    ],
    [
      "400, Session not found, about the call",
      http(400, { ...error(-32600, "Session not found"), id: "1" }),
      LOST,
    ],
    ["method not found", http(404, error(-32601)), eras("modern")],
    ["401", http(401), REFUSED],
    ["503", http(503), REFUSED],
    ["200, Session not found", ok(-32001, "Session not found"), LOST],
  ],
);

table(
  "the same of what only reads:",
  { ...inSession, method: "tools/list", proven: false, remembered: true },
  [["400 with anything about it", http(400, { ...error(-32602), id: "1" }), LOST]],
);

table("a request to a server that gave no session:", legacy, [
  ["404 with nothing", http(404), REFUSED],
  ["404 in words of a session", http(404, { words: "session not found" }), REFUSED],
  ["405", http(405), REFUSED],
  ["400 with HTML", http(400, { words: "Bad request" }), REFUSED],
  ["200, -32000 of a session", ok(-32000, "Session not found"), OWN],
  ["a modern error", http(400, error(-32021)), eras("modern")],
]);

table(
  "a request to the old transport:",
  { era: "sse", method: "tools/call", proven: true, inSession: true },
  [
    ["a result", result({}), ANSWERED],
    ["an error on the stream", ok(-32602), OWN],
    ["404 with nothing", http(404), MAYBE_LOST],
    ["404, Could not find session", http(404, { words: "Could not find session" }), LOST],
    ["400, No transport found for sessionId", http(400, { words: "No transport found for sessionId" }), LOST],
    ["503, SSE transport not established", http(503, { words: "SSE transport not established" }), LOST],
    ["405", http(405), eras("legacy", "modern")],
    ["method not found with 404", http(404, error(-32601)), OWN],
    [
      "Method not allowed, of a server of another era",
      http(405, { ...error(-32000), id: null }),
      eras("legacy", "modern"),
    ],
    ["500", http(500), REFUSED],
  ],
);

const handshake: Asked = { era: "legacy", method: "initialize", version: "2025-11-25" };

table("a handshake of our own in 2025-11-25:", handshake, [
  ["agreed", result({ protocolVersion: "2025-11-25" }), ANSWERED],
  ["agreed to an older one", result({ protocolVersion: "2025-03-26" }), ANSWERED],
  ["agreed to a modern one", result({ protocolVersion: "2026-07-28" }), eras("modern")],
  [
    "refused, with versions in data.supported",
    http(400, error(-32602, "no", { supported: ["2025-06-18", "2025-03-26"] })),
    versions("2025-06-18", "2025-03-26"),
  ],
  [
    "refused, with versions in its words",
    http(400, error(-32000, "Unsupported protocol version (supported versions: 2025-06-18, 2024-11-05)")),
    versions("2025-06-18", "2024-11-05"),
  ],
  [
    "refused, with a version in a member of its own",
    ok(-32602, "no", { expected: "2025-06-18" }),
    versions("2025-06-18"),
  ],
  [
    "refused, with ours among its words",
    ok(-32602, "Unsupported protocolVersion 2025-11-25, use 2025-03-26"),
    versions("2025-03-26"),
  ],
  [
    "refused in words that name none",
    ok(-32602, "Unsupported protocol version"),
    versions("2025-06-18", "2025-03-26", "2024-11-05"),
  ],
  [
    "the same with 400",
    http(400, error(-32600, "Invalid protocol version")),
    versions("2025-06-18", "2025-03-26", "2024-11-05"),
  ],
  [
    "refused in words alone",
    http(400, { words: "Unsupported protocol version: 2025-11-25 (supported: 2025-06-18)" }),
    versions("2025-06-18"),
  ],
  [
    "refused in words alone that name none",
    http(400, { words: "Unsupported MCP-Protocol-Version" }),
    versions("2025-06-18", "2025-03-26", "2024-11-05"),
  ],
  [
    "refused in other words alone",
    http(400, { words: "since 2025-03-26 out of order" }),
    eras("sse", "modern"),
  ],
  [
    "refused as a version, of nothing",
    ok(-32602, "Unsupported version: 2025-11-25"),
    versions("2025-06-18", "2025-03-26", "2024-11-05"),
  ],
  ["refused, with versions that nobody here knows", ok(-32602, "no", { supported: ["2027-01-01"] }), OWN],
  ["refused, with a modern one", ok(-32602, "no", { supported: ["2026-07-28"] }), eras("modern")],
  ["refused for something else", ok(-32602, "clientInfo is missing"), OWN],
  ["an outage", http(503, error(-32603, "protocol version service is down")), OWN],
  ["not found", http(404), eras("sse", "modern")],
  ["method not found", http(404, error(-32601)), eras("modern")],
]);

table("the last version there is to ask for:", { ...handshake, version: "2024-11-05" }, [
  ["refused in words that name none", ok(-32602, "Unsupported protocol version"), OWN],
]);

const guess: Asked = { era: "modern", method: "tools/list", guessed: true };

table("a question of our own to a server of which nothing is known:", guess, [
  ["a result", result({ tools: [] }), ANSWERED],
  ...[400, 401, 403, 404, 405, 406, 409, 410, 415, 422, 426, 429, 500, 501, 502, 503].map(
    (status): Row => [`${status}`, http(status), eras("legacy")],
  ),
  ["400, -32602", http(400, error(-32602)), eras("legacy")],
  ["200, -32000", ok(-32000), eras("legacy")],
  ["200, method not found", ok(-32601), eras("legacy")],
  ["a header that is wrong", http(400, error(-32020)), OWN],
  ["a capability that is missing", http(400, error(-32021)), OWN],
  ["400, -32602 to a request that reads", http(400, { ...error(-32602), id: "1" }), eras("legacy")],
  ["legacy versions", http(400, error(-32022, "no", { supported: ["2025-11-25"] })), eras("legacy")],
  ["versions of both eras", http(400, error(-32022, "no", { supported: ["2025-11-25", "2026-07-28"] })), OWN],
]);

const orOfCall: Verdict = { kind: "other_era", eras: ["legacy"], isOfCall: true };

table("the same, where it is a call that may do something:", { ...guess, method: "tools/call" }, [
  ["an error in a 200", ok(-32602), orOfCall],
  ["400, -32602 to the request", http(400, { ...error(-32602), id: "1" }), orOfCall],
  ["400, -32602 to nobody", http(400, { ...error(-32602), id: null }), eras("legacy")],
  ["400, -32602", http(400, error(-32602)), eras("legacy")],
  ["400, with nothing", http(400), eras("legacy")],
  ["an error in a 200 that names the session", ok(-32000, "Session not found"), eras("legacy")],
]);

table("the question for the era itself:", { ...guess, method: "server/discover" }, [
  ["what it is", result({ supportedVersions: ["2026-07-28"] }), ANSWERED],
  ["a result of something else", result({ tools: [] }), eras("legacy")],
  ["500", http(500), eras("legacy")],
]);

const modern: Asked = { era: "modern", method: "tools/call", proven: true, version: "2026-07-28" };

table("a request to a modern server:", modern, [
  ["a result", result({ resultType: "complete" }), ANSWERED],
  ["an error of its own", http(400, error(-32021)), OWN],
  ["headers that do not mirror the body", http(400, error(-32020)), { kind: "headers_missing" }],
  [
    "the version that was asked in: it is asked for once more",
    http(400, error(-32022, "no", { supported: ["2026-07-28"] })),
    versions("2026-07-28"),
  ],
  ["another version, not known here", http(400, error(-32022, "no", { supported: ["2027-01-01"] })), OWN],
  ["method not found", http(404, error(-32601)), OWN],
  ["404 from a gateway", http(404, { words: "404 page not found" }), eras("legacy")],
  ["405 from a gateway", http(405), eras("legacy")],
  ["400 with HTML", http(400, { words: "Bad request" }), eras("legacy")],
  ["502", http(502), REFUSED],
  ["401", http(401), REFUSED],
]);

table("another method with wrong headers:", { ...modern, method: "resources/read" }, [
  ["headers that do not mirror the body", http(400, error(-32020)), OWN],
]);
