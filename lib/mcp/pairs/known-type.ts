import { invalidAnswer } from "../../net/errors.ts";
import { oneLine } from "../../net/one-line.ts";
import type { Answer } from "../protocol/answer.ts";

/** @throws M2mcpError invalid_answer where the result is of a type that nobody here knows (MCP 2026-07-28 "ResultType") */
export function ofKnownType(answer: Answer, method: string, host: string): Answer {
  const type = answer.kind === "response" ? answer.message.result?.resultType : undefined;
  if (type === undefined || type === "complete" || (type === "task" && method === "tools/call"))
    return answer;
  throw invalidAnswer(host, `its resultType is not known: ${oneLine(String(type))}`);
}
