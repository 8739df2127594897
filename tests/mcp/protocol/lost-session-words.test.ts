// In how many words servers say that they do not know a session.
import { describe, expect, test } from "bun:test";
import { errorResponse } from "../../../lib/mcp/jsonrpc/message.ts";
import { type Answer, answered } from "../../../lib/mcp/protocol/answer.ts";
import { judge } from "../../../lib/mcp/protocol/verdict.ts";

const inSession = { era: "legacy", method: "tools/call", proven: true, inSession: true } as const;
const isLost = (answer: Answer) => judge(inSession, answer).kind === "session_lost";

const LOST = [
  "Session not found",
  "session s1 not found",
  "No session found for id s1",
  "no session",
  "There is no active session",
  "No valid session ID provided",
  "Session does not exist",
  "Session doesn't exist",
  "Session doesn’t exist",
  "Session id is not known",
  "unknown Mcp-Session-Id",
  "Mcp session id not recognised",
  "Unrecognized session",
  "Could not find session",
  "Cannot find session s1",
  "Failed to load session",
  "Session could not be found",
  "Invalid session ID",
  "Session invalidated",
  "The session is no longer valid",
  "Session s1 is not active",
  "Session is inactive",
  "Session expired",
  "Session timeout",
  "Session has timed-out",
  "Session terminated",
  "session already closed",
  "The session has ended",
  "Session was destroyed",
  "Session has been deleted",
  "Session s1 removed",
  "session evicted",
  "Session revoked",
  "Session reset",
  "Session s1 disconnected",
  "Session not established",
  "wrong session id",
  "bad session",
  "Session mismatch",
  "Missing session",
  "Mcp-Session-Id header is required",
  "SESSION_NOT_FOUND",
  "session_expired",
  "SessionNotFoundException",
  "Server not initialized",
  "Client has not been initialized yet",
  "Not initialized: call initialize first",
  "Unexpected message, expect initialize request",
  "Received request before initialization was complete",
  "No transport found for sessionId",
  "No active transport",
  "SSE connection not established",
  "Session is not registered",
  "session s1 not in store",
  "Mcp-Session-Id does not match any session",
  "Session has been killed",
  "The session is over",
  "Failed to restore session",
  "Initialization required",
  "Client must be initialized before sending requests",
  "Please re-initialize",
];

const OTHER = [
  "",
  "Not found",
  "invalid arguments",
  "the session's user may not call this tool",
  "2 sessions are open",
  "token expired",
  "connection closed",
  "database initialized",
  "failed to reinitialize the database",
  // Longer than anybody says it: a session is one thing among many.
  `no such user ${"in this or that place ".repeat(20)} of the session`,
];

describe("a session is lost where the server says so, in text or in an error, at any status:", () => {
  for (const words of LOST)
    test(words, () => {
      for (const status of [400, 401, 403, 404, 410, 422, 500])
        expect(isLost({ kind: "refused", status, words })).toBe(true);
      expect(isLost({ kind: "refused", status: 400, error: { code: -32000, message: words }, id: "1" })).toBe(
        true,
      );
      for (const code of [-32000, -32001, -32600])
        expect(isLost(answered(errorResponse("1", { code, message: words })))).toBe(true);
    });
});

describe("and not where it says something else:", () => {
  for (const words of OTHER)
    test(words.slice(0, 60) || "nothing", () => {
      for (const status of [400, 401, 403, 410, 422, 500])
        expect(isLost({ kind: "refused", status, words })).toBe(false);
      expect(isLost(answered(errorResponse("1", { code: -32000, message: words })))).toBe(false);
    });
});

test("nor outside a session, nor in the error of a tool", () => {
  for (const message of LOST) {
    const refused: Answer = { kind: "refused", status: 404, words: message };
    expect(judge({ ...inSession, inSession: false }, refused).kind).not.toBe("session_lost");
    expect(isLost(answered(errorResponse("1", { code: -32603, message })))).toBe(false);
    expect(isLost(answered(errorResponse("1", { code: -32602, message })))).toBe(false);
  }
});
