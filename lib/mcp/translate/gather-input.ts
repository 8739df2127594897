import { isObject, type JsonObject, objectOf } from "../../json.ts";
import { missingCapability } from "../protocol/capabilities.ts";
import { legacyInput } from "./to-legacy.ts";

/** One question of a modern server's, as a request to a legacy client. */
export interface InputRequest {
  key: string;
  method: string;
  params: JsonObject;
}

/**
 * The questions in an `input_required` result as requests to a legacy client (MCP 2026-07-28 "Multi Round-Trip
 * Requests"); or what is wrong with one of them.
 */
export function inputRequests(
  required: unknown,
  capabilities: unknown,
): { requests: InputRequest[] } | { problem: string } {
  const requests: InputRequest[] = [];
  for (const [key, input] of Object.entries(objectOf(required))) {
    if (!isObject(input) || typeof input.method !== "string")
      return { problem: "an input request without a method" };
    const params = objectOf(input.params);
    if (missingCapability(capabilities, input.method, params))
      return { problem: `it asks for ${input.method}, which this client does not offer` };
    requests.push({ key, method: input.method, params: legacyInput(params) });
  }
  return { requests };
}

/** The methods that a server asks in `inputRequests`. */
export const inputMethods = (required: unknown): string[] =>
  Object.values(objectOf(required)).map((input) =>
    isObject(input) && typeof input.method === "string" ? input.method : "something",
  );
