import {
  errorResponse,
  isDeeperThanWritten,
  METHOD_NOT_FOUND,
  type RequestMessage,
  type ResponseMessage,
  resultResponse,
  TOO_DEEP,
} from "../../jsonrpc/message.ts";
import { INPUTS, missingCapability } from "../../protocol/capabilities.ts";
import { META_CAPABILITIES } from "../../protocol/meta.ts";
import { takesInput } from "../../translate/input-required.ts";
import type { Held } from "./held-request.ts";

/** Requests during which a server may ask for input (MCP 2026-07-28 "Supported Requests"). */
const TAKES_INPUT = ["tools/call", "prompts/get", "resources/read"];

/**
 * Where a request of the server's goes: to the client with the request it belongs to, or that most likely caused it; or it
 * is answered at once.
 *
 * @param from the request in whose answer it came, where the transport tells
 */
export function destinationOf(
  message: RequestMessage,
  from: Held | undefined,
  requests: Iterable<Held>,
): { kind: "client"; held: Held } | { kind: "server"; response: ResponseMessage } {
  const { id, method, params } = message;
  const refuse = (why: string) =>
    ({ kind: "server", response: errorResponse(id, { code: METHOD_NOT_FOUND, message: why }) }) as const;
  if (method === "ping") return { kind: "server", response: resultResponse(id, {}) };
  if (!INPUTS.includes(method)) return refuse(`${method} is not known here`);
  const held = from && canCarry(from) ? from : [...requests].findLast(canCarry);
  if (!held) return refuse("no call is under way that could carry the question");
  if (missingCapability(held.meta[META_CAPABILITIES], method, params))
    return refuse(`the client does not offer ${method}`);
  if (isDeeperThanWritten(params)) return { kind: "server", response: errorResponse(id, TOO_DEEP) };
  return { kind: "client", held };
}

const canCarry = ({ method, state }: Held): boolean => TAKES_INPUT.includes(method) && takesInput(state);
