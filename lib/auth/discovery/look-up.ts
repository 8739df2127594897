import { EXIT, M2mcpError } from "../../failure.ts";
import { isObject, type JsonObject } from "../../json.ts";
import { unexpectedStatus } from "../../net/errors.ts";
import type { AuthDeps } from "../deps.ts";
import { exchange, wordsOf } from "../exchange.ts";
import { metadataRedirects, metadataRefused } from "./errors.ts";
import type { AddressCheck } from "./url.ts";

/** What discovery needs from outside. */
export type DiscoveryDeps = Pick<
  AuthDeps,
  "fetch" | "timeoutMs" | "log" | "now" | "allowHttp" | "headerValues" | "signal"
>;

const LONGEST_IDENTIFIER = 4096;

/** A text of metadata; what holds control characters is no identifier, and could steer a terminal. */
export const identifier = (value: unknown): string | undefined =>
  typeof value === "string" && value.length <= LONGEST_IDENTIFIER && /^[^\p{Cc}]+$/u.test(value)
    ? value
    : undefined;

/** The identifiers of a list, or the one that stands in its place. */
export const identifiers = (value: unknown): string[] | undefined =>
  Array.isArray(value) || typeof value === "string"
    ? [value].flat().flatMap((one) => identifier(one) ?? [])
    : undefined;

/** What a search for metadata came to: the document as it was read, else the reason that tells most. */
export interface LookedUp<T> {
  found?: T;
  reason?: M2mcpError;
}

/**
 * Looks for a metadata document. A place gives it, or a reason to try the next one; where the network fails, no other
 * place of that origin is tried.
 *
 * @param check of each place: one that is no address is a reason to try the next, one that must not be asked an end
 * @param read takes a document that is one; an error says what is wrong with it, undefined that it is another thing
 * @throws M2mcpError insecure_url, directed_inward; the signal's reason
 */
export async function lookUp<T extends object>(
  deps: DiscoveryDeps,
  check: AddressCheck,
  places: string[],
  what: string,
  read: (document: JsonObject) => T | M2mcpError | undefined,
): Promise<LookedUp<T>> {
  const dead = new Set<string>();
  /** What a document is wrong in tells more than that there was none. */
  let wrong: M2mcpError | undefined;
  let absent: M2mcpError | undefined;
  for (const place of places) {
    const to = checked(check, place, what);
    if (to instanceof M2mcpError) {
      wrong ??= to;
      continue;
    }
    const { href, origin } = to;
    if (dead.has(origin)) continue;
    const got = await ask(deps, href);
    if (got instanceof M2mcpError) {
      if (got.exitCode === EXIT.network) dead.add(origin);
      absent ??= got;
      continue;
    }
    const document = got && read(got);
    if (document instanceof M2mcpError) wrong ??= document;
    else if (document) return { found: document };
  }
  const reason = wrong ?? absent;
  return reason ? { reason } : {};
}

function checked(check: AddressCheck, place: string, what: string): URL | M2mcpError {
  try {
    return check(place, what);
  } catch (error) {
    if (error instanceof M2mcpError && error.code === "invalid_metadata") return error;
    throw error;
  }
}

/** The JSON object at a place; undefined where there is none, an error where something stands in the way. */
async function ask(deps: DiscoveryDeps, url: string): Promise<JsonObject | M2mcpError | undefined> {
  try {
    const headers = { accept: "application/json" };
    const answer = await exchange(deps, url, { method: "GET", headers, redirects: "follow" });
    const { status, json } = answer;
    const words = wordsOf(answer, deps.headerValues);
    // A place that is busy may have it all the same.
    if (status >= 500 || status === 429) return unexpectedStatus(new URL(url).host, status, words);
    // A refusal in words tells why there is nothing to be found.
    if ((status === 401 || status === 403) && words !== undefined) return metadataRefused(url, status, words);
    if (status === 200 && isObject(json) && Object.keys(json).length > 0) return json;
    // A redirect to a page for people is the likelier reason than that there is nothing.
    return answer.url === url ? undefined : metadataRedirects(url, answer.url);
  } catch (error) {
    deps.signal?.throwIfAborted();
    if (!(error instanceof M2mcpError)) throw error;
    return error.code === "redirect" ? metadataRedirects(url) : error;
  }
}
