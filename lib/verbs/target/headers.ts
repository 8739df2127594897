import { wrongUsage } from "../../failure.ts";
import { variablesIn, withVariables } from "./placeholders.ts";

type Header = [name: string, value: string];

/**
 * `--header 'Name: value'` as given; `${VAR}` stays as it is written.
 *
 * @throws M2mcpError (exit 1) when it is no header
 */
export function parseHeader(text: string): Header {
  const colon = text.indexOf(":");
  const name = text.slice(0, Math.max(colon, 0)).trim();
  const value = text.slice(colon + 1).trim();
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name) || !isValue(value))
    throw wrongUsage(
      "a --header is not of the form 'Name: value'",
      "write it like --header 'X-Tenant: acme'",
    );
  return [name, value];
}

/**
 * Puts the environment's values in place of `${VAR}`.
 *
 * @throws M2mcpError (exit 1) naming a variable that is not set, never a value
 */
export function expandHeaders(headers: readonly Header[], env: Record<string, string | undefined>): Header[] {
  return headers.map(([name, value]) => {
    const expanded = withVariables(value, env, `header ${name}`);
    if (!isValue(expanded))
      throw wrongUsage(`the value of header ${name} holds a line break or control character`, "remove it");
    return [name, expanded];
  });
}

/** The headers whose variables are all set, their values put in: before there is a token, the others can wait. */
export const expandableHeaders = (
  headers: readonly Header[],
  env: Record<string, string | undefined>,
): Header[] =>
  expandHeaders(
    headers.filter(([, value]) => variablesIn(value).every((variable) => env[variable] !== undefined)),
    env,
  );

/**
 * A `fetch` that sends the user's headers with each request to the server's origin: a gateway in front of it wants them
 * before there is a token too. What the request itself says counts more, and `Authorization` is its own matter.
 */
export function withServerHeaders(
  next: typeof fetch,
  server: string,
  headers: readonly Header[],
): typeof fetch {
  const own = headers.filter(([name]) => name.toLowerCase() !== "authorization");
  if (own.length === 0) return next;
  const { origin } = new URL(server);
  const sending = (input: RequestInfo | URL, init?: RequestInit) => {
    const { origin: to } = new URL(input instanceof Request ? input.url : input);
    if (to !== origin) return next(input, init);
    const all = new Headers(init?.headers);
    for (const [name, value] of own) if (!all.has(name)) all.set(name, value);
    return next(input, { ...init, headers: all });
  };
  return Object.assign(sending, { preconnect: next.preconnect });
}

/** Whether a header's value is variables alone, with a scheme ahead of them: then it is no secret itself. */
export const isVariable = (value: string): boolean => /^\s*([A-Za-z]+\s+)?(\$\{\w+\}\s*)+$/.test(value);

/** Headers of one list, each replaced by that of the same name in a later list. */
export function mergeHeaders(...lists: (readonly Header[])[]): Header[] {
  const merged = new Map<string, Header>();
  for (const list of lists) for (const header of list) merged.set(header[0].toLowerCase(), header);
  return [...merged.values()];
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in a header
const isValue = (text: string) => !/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text);
