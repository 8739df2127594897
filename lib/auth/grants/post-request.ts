import { waitAsked } from "../../net/retry-after.ts";
import { sleep } from "../../timing/sleep.ts";
import type { TokenRequest } from "../client/authentication.ts";
import { createProof } from "../client/dpop.ts";
import { learnNonce, type ProofKey } from "../client/proof-key.ts";
import { clockSkew, inSeconds, SKEW_MS } from "../clock-skew.ts";
import type { AuthDeps } from "../deps.ts";
import { type Answer, exchange } from "../exchange.ts";
import { secretsIn, withoutSentSecrets } from "./sent-secrets.ts";
import { errorOf } from "./token-answer.ts";

/** A request to a token endpoint, and what may be done about its refusal. */
export interface Posting {
  url: string;
  /** Makes it anew each time: assertions are good once. @param signedAtMs when they say that they were signed */
  make(signedAtMs: number): Promise<TokenRequest>;
  /** Values of the user's own parameters, which no message repeats. */
  ownParams?: [name: string, value: string][] | undefined;
  /** Something in it is dated by the clock. */
  isSigned: boolean;
  /** Whether it may be made again after a refusal: what is sent as a grant may be good for one request. */
  repeats: boolean;
  /** The proof key to begin with. */
  proofKey?: ProofKey | undefined;
  /** Makes one where the server turns out to want proofs; absent: none are made. */
  newKey?(): Promise<ProofKey>;
  /** Whether a refused grant can only mean that a proof is wanted. */
  grantMeansProof?: boolean;
  /** How far the server's clock is ahead of ours, in ms. */
  clockSkewMs?: number | undefined;
}

/** What came of it. */
export interface Posted {
  /** Without the secrets that were sent. */
  answer: Answer;
  request: TokenRequest;
  askedAtMs: number;
  proofKey: ProofKey | undefined;
  clockSkewMs: number;
}

/** What is changed before a refused request is made once more; each at most once. */
type Remedy = "nonce" | "proof" | "clock" | "wait";

/** How a request went, as far as it decides what a refusal means. */
interface Went {
  hasProof: boolean;
  /** The answer brought a nonce that the proof did not have. */
  hasNewNonce: boolean;
  /** How far the answer's clock is ahead of the one that dated the request, in ms. */
  skewMs: number;
  tried: readonly Remedy[];
}

/**
 * What may mend a refused token request, by its `error`: a nonce (RFC 9449 §8), a proof that the server turns out to
 * want, and a signature dated by a clock that is wrong; a nonce alone where the request may be good once. Undefined
 * where the refusal is final.
 */
function remedyFor(error: string | undefined, posting: Posting, went: Went): Remedy | undefined {
  const { hasProof, hasNewNonce, skewMs, tried } = went;
  if (error === "use_dpop_nonce" && hasNewNonce && !tried.includes("nonce")) return "nonce";
  if (error === undefined || !posting.repeats) return undefined;
  const wantsProof =
    error === "invalid_dpop_proof" ||
    error === "use_dpop_nonce" ||
    (error === "invalid_grant" && posting.grantMeansProof === true);
  if (posting.newKey && !hasProof && !tried.includes("proof") && wantsProof) return "proof";
  const isSigned = posting.isSigned || hasProof;
  const mayBeClock = isSigned && Math.abs(skewMs) > SKEW_MS && blamesClock(error);
  return mayBeClock && !tried.includes("clock") ? "clock" : undefined;
}

const blamesClock = (error: string) =>
  ["invalid_client", "invalid_dpop_proof", "invalid_grant", "invalid_request"].includes(error);

/**
 * Posts a request to a token endpoint, once more where what `remedyFor` names may mend its refusal.
 *
 * @throws M2mcpError network failures (exit 3), what making it throws
 */
export async function postUntilMended(deps: AuthDeps, posting: Posting): Promise<Posted> {
  const { url, ownParams = [] } = posting;
  const tried: Remedy[] = [];
  let { proofKey, clockSkewMs = 0 } = posting;
  let spentMs = 0;
  for (;;) {
    const askedAtMs = deps.now();
    const request = await posting.make(askedAtMs + clockSkewMs);
    // What makes the request, a command or a platform, has a limit of its own.
    const startedMs = performance.now();
    const { headers, body } = request;
    if (proofKey)
      headers.dpop = await createProof(proofKey, { method: "POST", url }, askedAtMs + clockSkewMs);
    const secrets = secretsIn(request, ownParams);
    const sent = { method: "POST", headers, body: body.toString(), isOnce: true, spentMs, secrets } as const;
    const answer = withoutSentSecrets(await exchange(deps, url, sent), secrets);
    const waitMs = tried.includes("wait") ? undefined : waitAsked(answer);
    if (waitMs !== undefined && waitMs < deps.timeoutMs - (performance.now() - startedMs)) {
      tried.push("wait");
      deps.log(`${new URL(url).host} asks to wait ${waitMs / 1000} s`);
      await sleep(waitMs, deps.signal);
      // What was waited and what comes after it are one exchange to who set the limit.
      spentMs = Math.min(performance.now() - startedMs, deps.timeoutMs);
      continue;
    }
    spentMs = 0;
    const hasNewNonce = proofKey !== undefined && learnNonce(proofKey, url, answer.headers);
    const seenSkewMs = clockSkew(answer, deps.now());
    const skewMs = seenSkewMs - clockSkewMs;
    const went = { hasProof: proofKey !== undefined, hasNewNonce, skewMs, tried };
    const remedy = remedyFor(errorOf(answer), posting, went);
    if (remedy === undefined) return { answer, request, askedAtMs, proofKey, clockSkewMs };
    tried.push(remedy);
    if (remedy === "proof") {
      deps.log("the authorization server wants a proof of possession (DPoP)");
      proofKey = await posting.newKey?.();
      if (proofKey) learnNonce(proofKey, url, answer.headers);
    } else if (remedy === "clock") {
      deps.log(`the clock here is ${inSeconds(-seenSkewMs)} the server's: signing by the server's`);
      clockSkewMs = seenSkewMs;
    }
  }
}
