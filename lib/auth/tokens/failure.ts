import { EXIT, M2mcpError } from "../../failure.ts";
import type { AuthState } from "../credentials.ts";
import type { Failure } from "../failed-request.ts";

/** A failure this young counts for who asks now, in ms. */
const FAILURE_LIFE_MS = 5000;
/** And a refusal of more scopes so long for who asks for the same: a call that wants them is often made again. */
const STEP_UP_LIFE_MS = 60_000;

/** Failures on this machine, as those of its store are: they cost no request, and who mends them tries again at once. */
const LOCAL = [
  "logged_out",
  "secret_unreadable",
  "bad_key",
  "insecure_url",
  "issuer_of_secret",
  "bad_token",
  "no_more_scopes",
];

/** Failures that answer who waited for them alone: what makes tokens may be mended, and trying costs no server much. */
const NOT_SHARED = ["command_failed", "no_identity", "identity_unavailable", "token_over", "token_unchanged"];

/** Failures after which what is cached of the authorization server, or an identity provider, is looked at again: it may have changed. */
const MAY_BE_OUTDATED = ["bad_token_answer", "redirect", "token_refused"];
/** A server that asks to wait is asked again after this time at the latest, in ms: it may have changed its mind. */
const LONGEST_WAIT_MS = 60_000;

/** What was asked for, and by which route: a failure counts for who asks the same. */
export interface FailureScope {
  /** Scopes gathered by step-up. */
  gathered: string | undefined;
  /** By `AuthDeps.route`. */
  route: string | undefined;
  /** To renew a token that is good still. */
  ahead?: true | undefined;
  /** For a call that wants more scopes than the token has. */
  isStepUp?: boolean;
}

/**
 * Whether a failure answers a request for the same: it came while the caller waited, or a moment before; for more scopes,
 * which are not asked for again and again (MCP "Step-Up Authorization Flow"), a minute. One of the network is no answer to
 * who comes later: the network may have been mended, and that is tried at no server's cost; nor is one that nobody waited
 * for. A server that asks to wait says so to all.
 *
 * @param startedMs since when the caller waits, in ms since the epoch
 */
export function answers(
  failure: Failure,
  { gathered, route, isStepUp }: FailureScope,
  startedMs: number,
  nowMs: number,
): boolean {
  const { atMs, againAtMs, exitCode, code } = failure;
  if (failure.steppedUpScope !== gathered || failure.route !== route || atMs > nowMs) return false;
  if (atMs >= startedMs || nowMs < heldUntil(atMs, 0, againAtMs)) return true;
  if (failure.ahead || exitCode === EXIT.network || NOT_SHARED.includes(code)) return false;
  const isRefusal = isStepUp && exitCode === EXIT.auth;
  return nowMs < atMs + (isRefusal ? STEP_UP_LIFE_MS : FAILURE_LIFE_MS);
}

/** When the next request may be made after a failure: after a pause, in ms, or when the server asks to come again. */
export const heldUntil = (failedAtMs: number, pauseMs: number, againAtMs = 0): number =>
  Math.max(failedAtMs + pauseMs, Math.min(againAtMs, failedAtMs + LONGEST_WAIT_MS));

/** A failure as the error it was. */
export function errorFrom({ code, exitCode, message, hint, againAtMs }: Failure): M2mcpError {
  const error = new M2mcpError(code, exitCode as M2mcpError["exitCode"], message, hint);
  return againAtMs === undefined ? error : Object.assign(error, { againAtMs });
}

/** The state with a failure written down for who asks next; undefined for one that is not worth that. */
export function rememberFailure(
  error: unknown,
  { gathered, route, ahead }: FailureScope,
  nowMs: number,
): ((old: AuthState) => AuthState) | undefined {
  if (!(error instanceof M2mcpError) || error.exitCode === EXIT.store || LOCAL.includes(error.code))
    return undefined;
  const { code, exitCode, message, hint, againAtMs } = error;
  const failure: Failure = {
    atMs: nowMs,
    code,
    exitCode,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(againAtMs === undefined ? {} : { againAtMs }),
    ...(gathered === undefined ? {} : { steppedUpScope: gathered }),
    ...(route === undefined ? {} : { route }),
    ...(ahead ? { ahead } : {}),
  };
  if (exitCode !== EXIT.network && !MAY_BE_OUTDATED.includes(code)) return (old) => ({ ...old, failure });
  return ({ discovered, identityProvider, ...old }) => ({
    ...old,
    failure,
    ...(discovered ? { discovered: { ...discovered, discoveredAtMs: 0 } } : {}),
    ...(identityProvider ? { identityProvider: { ...identityProvider, discoveredAtMs: 0 } } : {}),
  });
}
