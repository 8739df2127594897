import { isObject, type JsonObject } from "../../json.ts";
import { HOLLOW, hollowText } from "./hollow-text.ts";

/** What is known of a message whose params or result were not read. */
export interface HollowMessage {
  /** As parsed, but for the insides of long strings. */
  value: JsonObject;
  /** The text that this was parsed from. */
  json: string;
}

/**
 * Reads of a long message what makes it one, where it is to pass on as it came.
 *
 * @param bytes valid UTF-8
 * @returns undefined where it must be read whole: it is no JSON, a batch or an error, has to be put right, or little would
 *   be spared
 */
export function readHollow(bytes: Uint8Array, sender: "client" | "server"): HollowMessage | undefined {
  const json = hollowText(bytes);
  if (json === undefined) return undefined;
  const value = parsed(json);
  if (!isObject(value) || "error" in value || value.id === HOLLOW || value.method === HOLLOW)
    return undefined;
  return sender === "client" || isAsStrictHostsTakeIt(value) ? { value, json } : undefined;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    if (error instanceof RangeError) throw error;
    return undefined;
  }
}

/** Nothing in it has to be put right. @see parseMessages */
function isAsStrictHostsTakeIt(value: JsonObject): boolean {
  if (value.jsonrpc !== "2.0" || value.id === null) return false;
  return "method" in value
    ? !("result" in value) && (value.params === undefined || isObject(value.params))
    : "id" in value && !("params" in value) && isObject(value.result);
}
