import { objectOf } from "../../json.ts";
import { oneLine } from "../../net/one-line.ts";
import { sleep } from "../../timing/sleep.ts";
import { type ExchangeRequest, wordsOf } from "../exchange.ts";
import { identityUnavailable, noIdentity } from "./errors.ts";
import type { DirectAnswer, PlatformDeps } from "./platform.ts";

/** What clouds answer while they are busy or about to be updated: the same request is good a moment later. */
const PASSING = [410, 429, 500, 502, 503, 504];
const PAUSE_MS = 200;

/** The same request once more where the first answer will pass by itself. */
export async function askTwice<A extends object>(ask: () => Promise<A>): Promise<A> {
  const first = await ask();
  if (!("status" in first) || !PASSING.includes(Number(first.status))) return first;
  await sleep(PAUSE_MS);
  return ask();
}

/** An answer without what was asked for, in words: its status, and what it says where it is one phrase. */
export function inWords(
  answer: Pick<DirectAnswer, "status" | "headers" | "text">,
  secrets: readonly string[] = [],
): string {
  const { status, headers } = answer;
  if (status >= 300 && status < 400)
    return `it redirects (HTTP status ${status}), which no such address does`;
  // An answer of another success may be, or hold, what was asked for.
  const said = status < 300 ? undefined : wordsOf(answer, secrets);
  if (status !== 200) return `HTTP status ${status}${said === undefined ? "" : `, ${said}`}`;
  return `its answer holds none (${oneLine(headers.get("content-type") ?? "no type named", 60)})`;
}

/** How a pipeline's service is asked for a token, and what mends that it gives none. */
export interface AskedService extends Pick<ExchangeRequest, "method" | "headers" | "body"> {
  address: URL;
  /** What the job shows there. */
  secret: string;
  /** Where in its answer the token is. */
  member: string;
  hint: string;
}

/** The token that a pipeline's service gives to a job. @throws M2mcpError no_identity, identity_unavailable */
export async function askService(
  title: string,
  { address, secret, member, hint, headers, ...request }: AskedService,
  { ask }: Pick<PlatformDeps, "ask">,
): Promise<string> {
  const shown = { authorization: `Bearer ${secret}`, accept: "application/json", ...headers };
  const answer = await askTwice(() => ask(address.href, { ...request, headers: shown }));
  const { status, json } = answer;
  const token = objectOf(json)[member];
  if (status === 200 && typeof token === "string" && token !== "") return token;
  const why = status === 200 ? "its answer holds none" : inWords(answer, [secret]);
  throw noIdentityAfter(status, title, why, hint);
}

/**
 * An answer without what was asked for, as a failure. Time alone mends that a platform is busy: nothing is said against the
 * machine.
 *
 * @param hint what mends it else
 */
export const noIdentityAfter = (status: number, title: string, why: string, hint: string) =>
  PASSING.includes(status) ? identityUnavailable(title, why) : noIdentity(title, why, hint);
