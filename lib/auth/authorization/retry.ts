import type { Refusal } from "../../net/authorization.ts";
import type { Challenge } from "../../net/challenge.ts";
import { tokenChallenge, wordsOfRefusal } from "../discovery/token-challenge.ts";
import { accessForbidden, tokenNotAccepted } from "../errors.ts";
import type { BoundToken } from "../tokens/bound-token.ts";
import type { CurrentToken, TokenContext } from "../tokens/current.ts";
import type { Background } from "./background.ts";
import { meaningOf, type Remedy } from "./refusal.ts";
import type { Replacement } from "./replace.ts";
import type { StepUp } from "./step-up.ts";

/** One request as it was authorized, so that what comes of it is dealt with once. */
export interface Attempt {
  /** Null: it went without a token, since the server seemed to want none. */
  bound: BoundToken | null;
  tried: readonly Remedy[];
  /** How far the server's clock was ahead of ours by its answer, in ms. */
  seenSkewMs?: number;
}

/** What a refused request is mended with. */
export interface Remedies {
  tokens: CurrentToken;
  replacement: Replacement;
  stepUp: StepUp;
  background: Background;
}

/**
 * The next attempt after one that was refused.
 * @throws M2mcpError not_authorized, forbidden with the server's words; what a token request throws
 */
export async function retry(
  { deps, server }: TokenContext,
  { tokens, replacement, stepUp, background }: Remedies,
  refusal: Refusal,
  { bound, tried, seenSkewMs = 0 }: Attempt,
): Promise<Attempt> {
  const { host } = new URL(server);
  const challenge = challengeOf(refusal, bound);
  const secrets = [bound?.token.accessToken, ...(deps.headerValues ?? [])];
  const said = wordsOfRefusal(challenge, refusal.words ?? challenge?.params.error, secrets);
  const words = said ?? `HTTP status ${refusal.status}`;
  const skewMs = seenSkewMs - (bound?.clockSkewMs ?? 0);
  const isBound = bound?.key !== undefined;
  const meaning = meaningOf(refusal.status, challenge, { isBound, skewMs, tried });
  if (!bound && meaning.kind !== "forbidden")
    return { bound: await tokens.reissue({ refused: "", challenge }), tried: ["token"] };
  if (!bound) throw accessForbidden(host, words);
  switch (meaning.kind) {
    case "nonce_wanted":
      return { bound, tried: [...tried, "nonce"] };
    case "clock_differs":
      background.run(deps.write((old) => ({ ...old, clockSkewMs: seenSkewMs })));
      return { bound: tokens.hold({ ...bound, clockSkewMs: seenSkewMs }), tried: [...tried, "clock"] };
    case "insufficient_scope":
      return { bound: await stepUp.tokenFor(bound, meaning.scopes, words, challenge), tried };
    case "token_refused": {
      const next = await replacement.replace(bound, challenge, !tried.includes("token"), words);
      return { bound: next.bound, tried: next.isNew ? [...tried, "token"] : tried };
    }
    case "not_accepted":
      throw tokenNotAccepted(host, words);
    case "forbidden":
      throw accessForbidden(host, words);
  }
}

/** The challenge; some gateways name its error in the body alone. */
function challengeOf({ wwwAuthenticate, words }: Refusal, bound: BoundToken | null): Challenge | undefined {
  const challenge = tokenChallenge(wwwAuthenticate, bound?.token.tokenType);
  const [error] = /^(invalid_token|insufficient_scope)\b/.exec(words ?? "") ?? [];
  if (error === undefined || challenge?.params.error !== undefined) return challenge;
  return { scheme: "bearer", ...challenge, params: { ...challenge?.params, error } };
}
