import type { Authorization, Refusal } from "../../../net/authorization.ts";
import { parseChallenges } from "../../../net/challenge.ts";
import type { HttpResponse } from "../body.ts";
import { readErrorBody } from "../refusal.ts";
import type { Layer } from "./layer.ts";

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
  (next) =>
  async (request) => {
    const { method, url, body, signal } = request;
    let refusal: Refusal | undefined;
    for (let refusals = 0; ; refusals++) {
      const sent =
        (refusal ? undefined : authorization.current?.(url)) ??
        (await authorization.headers({ method, url, body, ...(refusal ? { refusal } : {}) }));
      signal?.throwIfAborted();
      const response = redacted(
        await next({ ...request, headers: { ...request.headers, ...sent } }),
        authorization,
      );
      const { status, headers } = response;
      authorization.learn({ status, headers, sent });
      if (!refusesTokens(response) || refusals >= MAX_REFUSALS) return response;
      const { body: said, words } = await readErrorBody(response);
      if (request.isNoMatterOfTokens?.({ status, headers, body: said })) return withBody(response, said);
      const wwwAuthenticate = headers.get("www-authenticate");
      refusal = { status, wwwAuthenticate, sent, ...(words === undefined ? {} : { words }) };
    }
  };

/** Some servers repeat in a refusal what they were sent. */
const redacted = (response: HttpResponse, { redact }: Authorization): HttpResponse =>
  response.status < 300 || !redact ? response : { ...response, redact };

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
