import type { CookieJar } from "tough-cookie";
import type { Authorization } from "../../../net/authorization.ts";
import type { Endpoint } from "../../protocol/endpoint.ts";
import type { HttpResponse } from "../body.ts";
import type { Layer, LocatedRequest } from "./layer.ts";

/** Cookies kept of one server, and the longest taken, in characters: what a balancer needs is one short one. */
const MAX_COOKIES = 50;
const MAX_COOKIE_LENGTH = 4096;

/** What a server has set. */
interface Cookies {
  jar?: CookieJar;
  /** Of an earlier process, not in the jar yet. */
  saved?: readonly string[];
}

/** The cookies of each identity: who authorizes differently is somebody else to the server. */
const kept = new WeakMap<Authorization, Map<string, Cookies>>();

/**
 * Keeps the cookies of the server's own origin and sends them back (RFC 6265): balancers tell by them which replica has
 * the session. They go nowhere else. The library that knows the rules is loaded with the first one.
 *
 * @param url of the endpoint
 */
export function cookies(url: string, authorization: Authorization): Layer {
  const { origin } = new URL(url);
  const mine = cookiesOf(authorization, origin);
  const isOurs = (request: LocatedRequest) => request.url === url || new URL(request.url).origin === origin;
  const seen = (request: LocatedRequest, response: HttpResponse) =>
    response.headers.has("set-cookie") && isOurs(request)
      ? learn(mine, request.url, response.headers.getSetCookie()).then(() => response)
      : response;
  return (next) => {
    const send = (request: LocatedRequest) =>
      next(mine.jar && isOurs(request) ? withCookies(request, mine.jar) : request).then((response) =>
        seen(request, response),
      );
    return (request) => (mine.saved ? learn(mine, url, mine.saved).then(() => send(request)) : send(request));
  };
}

/** The cookies as a later process may go on with them, beside the session that they belong to. */
export function cookieTexts({ url, authorization }: Pick<Endpoint, "url" | "authorization">): string[] {
  const { jar, saved } = cookiesOf(authorization, originOf(url));
  return jar ? jar.getCookiesSync(url).map(String) : [...(saved ?? [])];
}

/** Goes on with the cookies of an earlier process. */
export function restoreCookies(
  { url, authorization }: Pick<Endpoint, "url" | "authorization">,
  texts: readonly string[],
): void {
  const mine = cookiesOf(authorization, originOf(url));
  if (!mine.jar) mine.saved = texts;
}

/** Nearly every address asked about is the one asked about before. */
function originOf(url: string): string {
  if (url !== last.url) last = { url, origin: new URL(url).origin };
  return last.origin;
}

let last = { url: "", origin: "" };

function cookiesOf(authorization: Authorization, origin: string): Cookies {
  const byOrigin = kept.get(authorization) ?? new Map<string, Cookies>();
  kept.set(authorization, byOrigin);
  const cookies = byOrigin.get(origin) ?? {};
  byOrigin.set(origin, cookies);
  return cookies;
}

function withCookies(request: LocatedRequest, jar: CookieJar): LocatedRequest {
  const own = request.headers.cookie;
  const set = jar.getCookieStringSync(request.url);
  if (set === "") return request;
  const cookie = own === undefined ? set : `${own}; ${set}`;
  return { ...request, headers: { ...request.headers, cookie } };
}

async function learn(mine: Cookies, url: string, texts: readonly string[]): Promise<void> {
  delete mine.saved;
  if (!mine.jar) {
    const { CookieJar } = await import("tough-cookie");
    mine.jar ??= new CookieJar();
  }
  const { jar } = mine;
  for (const text of texts.slice(0, MAX_COOKIES)) {
    if (text.length > MAX_COOKIE_LENGTH) continue;
    // One that the rules refuse is none.
    jar.setCookieSync(text, url, { ignoreError: true });
  }
  const all = jar.getCookiesSync(url, { allPaths: true });
  if (all.length > MAX_COOKIES) jar.removeAllCookiesSync();
}
