import { type JsonObject, objectOf, stringOf } from "../../json.ts";
import {
  errorResponse,
  METHOD_NOT_FOUND,
  type RequestMessage,
  type ResponseMessage,
  type RpcError,
  resultResponse,
} from "../../mcp/jsonrpc/message.ts";
import { InputNeeded } from "../../mcp/pairs/input-needed.ts";
import { missingCapability } from "../../mcp/protocol/capabilities.ts";
import { RELATED_TASK } from "../../mcp/protocol/meta.ts";
import { inputMethods } from "../../mcp/translate/gather-input.ts";
import { type Caller, capabilitiesOf, type Question } from "./caller.ts";

const ELICITATION = "elicitation/create";

/** The questions of one command, put to its caller one at a time. */
export interface Questions {
  /** Answers a request of a legacy server's; undefined where the caller cannot. */
  answer(message: RequestMessage, signal: AbortSignal): Promise<ResponseMessage | undefined>;
  /** @throws InputNeeded where one of them cannot be answered */
  gather(wanted: JsonObject, signal: AbortSignal): Promise<JsonObject>;
  /** Whether the person consents to all of these visits (MCP 2025-11-25 URLElicitationRequiredError). */
  visit(visits: readonly JsonObject[], signal: AbortSignal): Promise<boolean>;
}

/** @param host the server that asks, for the person who is asked */
export function createQuestions(caller: Caller, host: string): Questions {
  let turn: Promise<unknown> = Promise.resolve();

  /** In turn: a terminal shows one form at a time. */
  function ask(params: JsonObject, signal: AbortSignal): Promise<JsonObject> | undefined {
    const question = questionOf(params);
    if (!question || missingCapability(capabilitiesOf(caller), ELICITATION, params)) return undefined;
    const asked = turn.then(async () => {
      signal.throwIfAborted();
      return { ...(await caller.ask(host, question, signal)) };
    });
    turn = asked.catch(() => {});
    return asked;
  }

  return {
    async answer(message, signal) {
      const answer = message.method === ELICITATION ? await ask(message.params, signal) : undefined;
      return answer && resultResponse(message.id, { ...answer, ...relatedTask(message) });
    },

    async gather(wanted, signal) {
      const answers: [string, JsonObject][] = [];
      for (const [key, one] of Object.entries(wanted)) {
        const input = objectOf(one);
        const answer = input.method === ELICITATION ? await ask(objectOf(input.params), signal) : undefined;
        if (!answer) throw new InputNeeded(inputMethods(wanted));
        answers.push([key, answer]);
      }
      return Object.fromEntries(answers);
    },

    async visit(visits, signal) {
      for (const visit of visits) {
        const answer = await ask({ ...visit, mode: "url" }, signal);
        if (answer?.action !== "accept") return false;
      }
      return visits.length > 0;
    },
  };
}

/** An `elicitation/create`; undefined where it is none that can be shown. */
function questionOf({ mode = "form", message, url, requestedSchema }: JsonObject): Question | undefined {
  const text = stringOf(message);
  if (mode === "url") return typeof url === "string" ? { mode: "url", message: text, url } : undefined;
  if (mode !== "form") return undefined;
  return { mode: "form", message: text, schema: objectOf(requestedSchema) };
}

/** An answer that belongs to a task says so as its question did (MCP 2025-11-25 "Associating Task-Related Messages"). */
function relatedTask({ params }: RequestMessage): JsonObject {
  const related = objectOf(params._meta)[RELATED_TASK];
  return related === undefined ? {} : { _meta: { [RELATED_TASK]: related } };
}

/** What a server is told whose request nobody here can answer. */
export const cannotAnswer = ({ id, method }: RequestMessage): ResponseMessage => {
  const error: RpcError = { code: METHOD_NOT_FOUND, message: `a one-off command cannot answer ${method}` };
  return errorResponse(id, error);
};
