import type { Authorization, AuthorizationHeaders, Refusal } from "../../../net/authorization.ts";
import { parseChallenges } from "../../../net/challenge.ts";
import { toldWords } from "../../../net/words.ts";
import type { HttpResponse } from "../body.ts";
import { readErrorBody } from "../refusal.ts";
import type { Layer, LocatedRequest } from "./layer.ts";

/** Refusals of one request that are answered with new authorization: a nonce, a clock, a new token, more scopes. */
const MAX_REFUSALS = 6;

/**
 * Adds the headers that authorize a request, new ones for each time it is sent: a proof of possession is for one
 * address and one moment (RFC 9449). What refuses them is shown to who yields them, who may have others.
 *
 * @throws what authorization throws where it has nothing better (exit 4)
 */
export const authorize =
  (authorization: Authorization): Layer =>
  (next) => {
    const withShared = createMerged();
    const seen = (answer: HttpResponse, sent: AuthorizationHeaders): HttpResponse => {
      const response = redacted(answer, authorization);
      authorization.learn({ status: response.status, headers: response.headers, sent });
      return response;
    };
    const attempt = async (request: LocatedRequest, refusal?: Refusal): Promise<Attempt> => {
      const { method, url, body, signal } = request;
      const sent = await authorization.headers({ method, url, body, ...(refusal ? { refusal } : {}) });
      signal?.throwIfAborted();
      return {
        response: seen(await next({ ...request, headers: { ...request.headers, ...sent } }), sent),
        sent,
      };
    };
    const unlessRefused = (request: LocatedRequest, response: HttpResponse, sent: AuthorizationHeaders) =>
      refusesTokens(response) ? again(request, { response, sent }, attempt) : response;
    return (request) => {
      const sent = request.signal?.aborted ? undefined : authorization.current?.(request.url);
      if (!sent) return attempt(request).then((first) => unlessRefused(request, first.response, first.sent));
      return next({ ...request, headers: withShared(request.headers, sent) }).then((answer) =>
        unlessRefused(request, seen(answer, sent), sent),
      );
    };
  };

/** One sending of a request, and what it was answered with. */
interface Attempt {
  response: HttpResponse;
  sent: AuthorizationHeaders;
}

/** Goes on after a refusal. */
async function again(
  request: LocatedRequest,
  first: Attempt,
  attempt: (request: LocatedRequest, refusal: Refusal) => Promise<Attempt>,
): Promise<HttpResponse> {
  let { response, sent } = first;
  for (let refusals = 0; refusesTokens(response) && refusals < MAX_REFUSALS; refusals++) {
    const { status, headers } = response;
    const said = await readErrorBody(response);
    if (request.isNoMatterOfTokens?.({ status, headers, body: said })) return withBody(response, said);
    const words = toldWords(said, headers);
    const wwwAuthenticate = headers.get("www-authenticate");
    const refusal = { status, wwwAuthenticate, sent, ...(words === undefined ? {} : { words }) };
    ({ response, sent } = await attempt(request, refusal));
  }
  return response;
}

/** Headers with others added. Those that are the same for many requests are frozen, and put together once. */
function createMerged(): (headers: Headers, sent: AuthorizationHeaders) => Headers {
  const made = new WeakMap<Headers, { sent: AuthorizationHeaders; all: Headers }>();
  return (headers, sent) => {
    if (!Object.isFrozen(headers)) return { ...headers, ...sent };
    const known = made.get(headers);
    if (known?.sent === sent) return known.all;
    const all = Object.freeze({ ...headers, ...sent });
    made.set(headers, { sent, all });
    return all;
  };
}

type Headers = LocatedRequest["headers"];

/** Some servers repeat in a refusal what they were sent. */
const redacted = (response: HttpResponse, { redact }: Authorization): HttpResponse =>
  response.status < 300 || !redact ? response : Object.assign(response, { redact });

/** Errors of a challenge that are about the token or its proof (RFC 6750 §3.1, RFC 9449 §7.1 and §9). */
const TOKEN_ERRORS = ["invalid_token", "insufficient_scope", "invalid_dpop_proof", "use_dpop_nonce"];

/** Whether a response is about the token: by its status, or by the error that the challenge names. */
function refusesTokens({ status, headers }: HttpResponse): boolean {
  if (status === 401 || status === 403) return true;
  if (status !== 400) return false;
  const challenges = parseChallenges(headers.get("www-authenticate"));
  return challenges.some(({ params }) => TOKEN_ERRORS.includes(params.error ?? ""));
}

/** A response whose body was read already. */
const withBody = (response: HttpResponse, body: string): HttpResponse => ({
  status: response.status,
  headers: response.headers,
  async read(take) {
    await take(new TextEncoder().encode(body));
  },
  text: async () => body,
  async discard() {},
});
