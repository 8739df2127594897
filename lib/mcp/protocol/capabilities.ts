import { isObject, type JsonObject, objectOf } from "../../json.ts";

/** What a server may ask a client for (MCP 2026-07-28 "Multi Round-Trip Requests"). */
export const INPUTS: readonly string[] = ["elicitation/create", "sampling/createMessage", "roots/list"];

/** Requests in whose course a server may ask something. */
const ASKING: readonly string[] = ["tools/call", "prompts/get", "resources/read", "tasks/result"];

/** Whether a client may be asked something while this request is under way: who declares nothing is asked nothing. */
export const mayBeAsked = (method: string, capabilities: unknown): boolean =>
  ASKING.includes(method) && isObject(capabilities) && Object.keys(capabilities).length > 0;

/**
 * The client capability that an input request needs and the client has not declared; undefined when it may be sent.
 * An empty `elicitation` means forms only (MCP 2026-07-28 "Elicitation", Capabilities); tools in sampling are declared by
 * themselves ("Sampling", Tools in Sampling).
 */
export function missingCapability(
  capabilities: unknown,
  method: string,
  params: JsonObject,
): JsonObject | undefined {
  const declared = objectOf(capabilities);
  switch (method) {
    case "elicitation/create": {
      const mode = params.mode === "url" ? "url" : "form";
      const { elicitation } = declared;
      const offers =
        isObject(elicitation) && (mode in elicitation || (mode === "form" && !("url" in elicitation)));
      return offers ? undefined : { elicitation: { [mode]: {} } };
    }
    case "sampling/createMessage": {
      const wantsTools = Array.isArray(params.tools) || isObject(params.toolChoice);
      if (wantsTools && !("tools" in objectOf(declared.sampling))) return { sampling: { tools: {} } };
      return "sampling" in declared ? undefined : { sampling: {} };
    }
    case "roots/list":
      return "roots" in declared ? undefined : { roots: {} };
    default:
      return undefined;
  }
}

/** The capabilities of two together: objects are joined, of other values the true ones win, else the first. */
export function joinedCapabilities(one: JsonObject, other: JsonObject): JsonObject {
  const joined: JsonObject = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const known = joined[key];
    joined[key] = isObject(known) && isObject(value) ? joinedCapabilities(known, value) : known || value;
  }
  return joined;
}
