import { oneLine } from "../../../net/one-line.ts";
import { zoneOf } from "../../../net/zone.ts";
import { wordsOf } from "../../exchange.ts";
import { noIdentity } from "../errors.ts";
import type { DirectAnswer } from "../platform.ts";

/** What clouds answer while they are busy or about to be updated: the same request is good a moment later. */
const PASSING = [410, 429, 500, 502, 503, 504];
const PAUSE_MS = 200;

/**
 * An address that a variable names, to which a secret of this machine goes: over https, or plain to this machine and
 * the network it stands in.
 *
 * @throws M2mcpError no_identity
 */
export function nearAddress(title: string, variable: string, text: string): URL {
  const url = URL.parse(text);
  const isNear = url?.protocol === "http:" && zoneOf(url.hostname) !== "public";
  if (url && (url.protocol === "https:" || isNear) && url.username === "") return url;
  throw noIdentity(
    title,
    `the variable ${variable} holds ${oneLine(text, 100)}, which is no address next to this machine`,
    "the platform sets it: leave it as it was",
  );
}

/** The same request once more where the first answer will pass by itself. */
export async function askTwice<A extends object>(ask: () => Promise<A>): Promise<A> {
  const first = await ask();
  if (!("status" in first) || !PASSING.includes(Number(first.status))) return first;
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  return ask();
}

/** An answer without what was asked for, in words: its status, and what it says where it is one phrase. */
export function inWords(answer: DirectAnswer, secrets: readonly string[] = []): string {
  const { status, headers } = answer;
  if (status >= 300 && status < 400)
    return `it redirects (HTTP status ${status}), which no such address does`;
  const said = wordsOf(answer, secrets);
  if (status !== 200) return `HTTP status ${status}${said === undefined ? "" : `, ${said}`}`;
  return `its answer holds none (${oneLine(headers.get("content-type") ?? "no type named", 60)})`;
}
