/**
 * The media type of a response, without parameters, in lower case, the first where proxies name it twice; null where it
 * names none.
 */
export function mediaType(headers: Headers): string | null {
  const type = headers.get("content-type");
  // Nearly all name it just so.
  if (type === null || type === "application/json" || type === "text/event-stream") return type;
  return (type.split(/[;,]/)[0] ?? "").trim().toLowerCase();
}

/** Whether a body, or what there is of it, begins as JSON does; undefined where it is blank so far. */
export function beginsAsJson(text: string): boolean | undefined {
  const start = text.trimStart();
  return start === "" ? undefined : start.startsWith("{") || start.startsWith("[");
}
