import { wrongUsage } from "../failure.ts";

/**
 * The forms in which hosts, shells and guides write what is to be put in: `${X}` at any place, and as the whole value
 * `$X`, `%X%`, `{{X}}`, `<x>`, `YOUR_SECRET`.
 */
const FORMS = [
  /\$\{[\w:.-]+\}/,
  /^\$[A-Z_][A-Z0-9_]*$/,
  /^%\w+%$/,
  /^\{\{[^{}]*\}\}$/,
  /^<[a-z][\w .:-]*>$/i,
  /^your[_-](?:[a-z]+[_-])*(?:id|secret|key|token|password|url|name|scope)$/i,
];

/** Whether a value is a place for one, as written before a host or a shell has put it in. */
export const isPlaceholder = (value: string): boolean => FORMS.some((form) => form.test(value.trim()));

/**
 * @param place where the value stands, for the message
 * @throws M2mcpError (exit 1) where it was never put in: the server would only say that it is wrong
 */
export function refusePlaceholder(place: string, value: string): void {
  if (isPlaceholder(value))
    throw wrongUsage(
      `${place} is a placeholder that nothing has expanded`,
      "see that the host or shell that starts m2mcp puts the value in, or write it itself; a secret that really looks so can come from a file",
    );
}
