import { wrongUsage } from "../../failure.ts";
import { wholeTextOf } from "../../plain-text.ts";

/** The text of what was read. @param what names it, for an error @throws M2mcpError (exit 1) where bytes are no text */
export function textIn(bytes: Uint8Array, what: string): string {
  const text = wholeTextOf(bytes);
  if (text === undefined) throw wrongUsage(`${what} holds no text`, "write it in UTF-8");
  return text;
}
