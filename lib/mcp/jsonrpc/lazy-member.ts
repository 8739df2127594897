import { type JsonObject, objectOf } from "../../json.ts";
import { asString, LONG_BYTES, type Text } from "./bytes.ts";

/**
 * A message whose text is long does not keep what was parsed beside it: most of it passes on unread. Its member is
 * read again from the text when it is asked for.
 *
 * @param parsed the member; undefined where the text was not parsed whole
 */
export function withLazyMember<M extends { text: Text }>(
  message: M,
  member: "params" | "result",
  parsed: JsonObject | undefined,
): M {
  if (parsed !== undefined && message.text.length < LONG_BYTES) return message;
  const { text } = message;
  let known = parsed && new WeakRef(parsed);
  const get = (): JsonObject => {
    const kept = known?.deref();
    if (kept) return kept;
    const fresh = objectOf(objectOf(JSON.parse(asString(text)))[member]);
    known = new WeakRef(fresh);
    return fresh;
  };
  return Object.defineProperty({ ...message }, member, { enumerable: true, get });
}
