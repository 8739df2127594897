import { M2mcpError } from "../../failure.ts";
import { wordsOfMarkup } from "../../net/markup-words.ts";
import { oneLine } from "../../net/one-line.ts";
import { redirectTarget } from "../../net/redirect.ts";
import type { AuthDeps } from "../deps.ts";
import { type Answer, exchange } from "../exchange.ts";
import { probe } from "./probe.ts";

/** What stands at an address where no MCP endpoint answers. */
export type Instead =
  | { kind: "nothing" }
  /** An endpoint after all: of HTTP+SSE (MCP 2024-11-05), which knows no POST at this address. */
  | { kind: "endpoint" }
  /** Nobody comes in without a token, whatever is behind: an endpoint, or a gateway before all paths. */
  | { kind: "guarded" }
  /** A page for people. */
  | { kind: "page" }
  /** One where they sign in. @param at where a redirect leads to it */
  | { kind: "sign_in"; at?: string };

type AddressDeps = Pick<AuthDeps, "fetch" | "timeoutMs" | "log" | "headerValues" | "signal">;

/** Where endpoints usually are, from the address and from its origin. */
const USUAL = ["mcp", "sse", "api/mcp"];
/** In the path or the host of a page where people sign in. */
const SIGN_IN_ADDRESS =
  /(^|[/.\-_])(log-?in|sign-?in|sso|saml2?|oauth2?|authorize|auth|accounts?|idp)([/.\-_]|$)/i;
const SIGN_IN_WORDS = /\b(sign|log)[ -]?(in|on)\b|\bsingle sign/i;
/** Enough of a page to know it by, in characters. */
const LOOKED_AT = 64 * 1024;

/**
 * Looks at an address as a browser does, without a token; never throws for what it finds there.
 *
 * @throws the signal's reason
 */
export async function lookInstead(deps: AddressDeps, server: string): Promise<Instead> {
  const headers = { accept: "text/html, */*;q=0.5" };
  const seen = await quietly(deps, () =>
    exchange(deps, server, { method: "GET", headers, redirects: "answer" }),
  );
  return seen ? insteadOf(server, seen) : { kind: "nothing" };
}

function insteadOf(server: string, { url, status, headers, text }: Answer): Instead {
  if (status >= 300 && status < 400) {
    const to = redirectTarget(headers.get("location"), url);
    if (to === null) return { kind: "nothing" };
    const at = oneLine(`${to.origin}${to.pathname}`);
    // To another origin a server sends people, not programs.
    const isSignIn = isSignInAddress(to) || to.origin !== new URL(server).origin;
    return isSignIn ? { kind: "sign_in", at } : { kind: "page" };
  }
  const type = headers.get("content-type") ?? "";
  if (/^text\/event-stream\b/i.test(type)) return { kind: "endpoint" };
  const start = text.slice(0, LOOKED_AT);
  const isPage = /^text\/html\b/i.test(type) || /^\s*<(!doctype )?html\b/i.test(start);
  if (!isPage) return { kind: status === 401 ? "guarded" : "nothing" };
  const isMoved = url !== server && isSignInAddress(new URL(url));
  // A page that says that there is none may offer a way to sign in all the same.
  const isFine = status < 400;
  const asks = /<input\b[^>]{0,300}\btype\s{0,3}=\s{0,3}["']?password/i.test(start);
  if (isMoved || asks || (isFine && SIGN_IN_WORDS.test(wordsOfMarkup(start).text ?? "")))
    return { kind: "sign_in", ...(isMoved ? { at: oneLine(url) } : {}) };
  return { kind: "page" };
}

const isSignInAddress = ({ hostname, pathname }: URL) =>
  SIGN_IN_ADDRESS.test(pathname) || SIGN_IN_ADDRESS.test(hostname.split(".")[0] ?? "");

/**
 * Where the endpoint may be that was meant: the first of the usual places at this origin that answers as one does.
 *
 * @param isGuarded what was asked for answers 401 without a word of tokens: so may all paths
 */
export async function likelyEndpoint(
  deps: AddressDeps,
  server: string,
  isGuarded: boolean,
): Promise<string | undefined> {
  const { origin, pathname } = new URL(server);
  const below = `${origin}${pathname.replace(/\/+$/, "")}`;
  const places = [below, origin].flatMap((base) => USUAL.map((name) => `${base}/${name}`));
  for (const place of new Set(places)) {
    if (place === server) continue;
    const answer = await quietly(deps, () => probe(deps, place));
    const isLikely = answer?.isMessage || (isGuarded ? answer?.challenge : answer?.wantsToken);
    if (isLikely) return place;
  }
  return undefined;
}

/** What fails here is no news: there is a failure to tell already. */
async function quietly<T>(deps: AddressDeps, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    deps.signal?.throwIfAborted();
    if (error instanceof M2mcpError) return undefined;
    throw error;
  }
}
