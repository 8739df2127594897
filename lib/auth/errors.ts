// Failures on the way to a token.
import { EXIT, M2mcpError } from "../failure.ts";

/** A failure that is cured by other authorization (exit 4). */
export const authError = (code: string, message: string, hint?: string) =>
  new M2mcpError(code, EXIT.auth, message, hint);

/**
 * The address answers, but not as an MCP endpoint does.
 *
 * @param answers how it answers instead, `with HTTP status 404`
 * @param likely where an endpoint is
 */
export const noEndpoint = (server: string, answers: string, likely: string | undefined) =>
  new M2mcpError(
    "not_mcp",
    EXIT.server,
    `there is no MCP endpoint at ${server}, which answers ${answers}`,
    likely === undefined
      ? "check the path, often /mcp; a proxy or a sign-in page may stand in the way"
      : `${likely} looks like one: use that address`,
  );

/** The address is for people. @param at where they are sent to sign in */
export const signInPage = (server: string, at: string | undefined, likely: string | undefined) =>
  new M2mcpError(
    "sign_in_page",
    EXIT.auth,
    `${server} leads to a page where people sign in${at === undefined ? "" : ` (${at})`}, which takes a browser`,
    likely === undefined
      ? "ask its owner for the address of the MCP endpoint, often /mcp, and for a client for machines"
      : `${likely} looks like an MCP endpoint: use that address`,
  );

/** It was reached, and its answer cannot be read. */
export const damagedAnswer = (host: string) =>
  new M2mcpError(
    "invalid_answer",
    EXIT.server,
    `the answer of ${host} cannot be read: its compression is damaged`,
    "tell the owner of the server, or of the proxy before it",
  );

export const secretUnreadable = (what: string, why: string) =>
  authError("secret_unreadable", `cannot read ${what}: ${why}`, "check the path and its permissions");

/** A profile that was imported has no secrets yet. */
export const secretMissing = () =>
  authError(
    "secret_missing",
    "the profile was imported without its secret, which is not given yet",
    "m2mcp config @NAME client-secret=- takes it; or private-key=PATH, or token-file=PATH, or client-cert=PATH client-key=PATH",
  );

/** An assertion's variable is not there. @param name as it was given to --client-assertion-env */
export const variableMissing = (name: string) =>
  authError(
    "secret_unreadable",
    `the variable ${name} is not set`,
    "--client-assertion-env names a variable of this process that holds the token; some hosts pass on few of theirs",
  );

export const commandFailed = (why: string, what = "the command that should print the secret") =>
  authError("command_failed", `${what} failed: ${why}`, "run it by hand to see why");

export const badKey = (
  why: string,
  hint = "give a PEM or JWK private key with --private-key; for an encrypted one also its passphrase",
) => authError("bad_key", `the private key cannot be used: ${why}`, hint);

export const noProofAlgorithm = (offered: string[]) =>
  authError(
    "no_proof_algorithm",
    `the server wants proofs of possession (DPoP) with an algorithm not known here: ${offered.join(", ")}`,
    "update m2mcp, or ask the server's owner to take ES256",
  );

/** A server's error with its words for it. */
const described = (error: string, description: string | undefined) =>
  description ? `${error} (${description})` : error;

/** The authorization server refused (RFC 6749 §5.2): its words, with what may mend it. */
export const tokenRefused = (host: string, error: string, description: string | undefined, hint: string) =>
  authError(
    error === "invalid_scope" ? "scope_refused" : "token_refused",
    `${host} refused to issue a token: ${described(error, description)}`,
    hint,
  );

/** It could not issue one for now: nothing is said against the client (RFC 6749 §4.1.2.1, which many use in §5.2 too). */
export const tokenUnavailable = (
  host: string,
  error: string,
  description: string | undefined,
  hint: string,
) =>
  new M2mcpError(
    "token_unavailable",
    EXIT.server,
    `${host} cannot issue a token for now: ${described(error, description)}`,
    hint,
  );

export const badTokenAnswer = (host: string, why: string) =>
  authError(
    "bad_token_answer",
    `${host} gave no usable token: ${why}`,
    "check --token-endpoint and the server's metadata; m2mcp doctor shows each step",
  );

/** `--dpop` insists on what the authorization server does not do. */
export const notBound = (host: string) =>
  authError(
    "not_bound",
    `${host} gave a token that is not bound to a key, as --dpop insists`,
    "leave out --dpop, or have the authorization server switched to DPoP for this client",
  );

/** The authorization server is busy, for longer than can be waited, or still. */
export function askedToWait(host: string, status: number, waitMs: number, nowMs: number): M2mcpError {
  const seconds = Math.ceil(waitMs / 1000);
  const againAtMs = nowMs + waitMs;
  const error = new M2mcpError(
    "busy",
    EXIT.server,
    `${host} answered with HTTP status ${status} and asks to ${seconds === 0 ? "come again at once, each time" : `wait ${seconds} s`}`,
    seconds === 0
      ? "the fault is the authorization server's: try again later"
      : `try again after ${new Date(againAtMs).toISOString()}`,
  );
  return Object.assign(error, { againAtMs });
}

export const tokenNotAccepted = (
  host: string,
  why: string,
  hint = "check --scope and --resource, and what the client is allowed to do",
) => authError("not_authorized", `${host} does not accept the token it was given: ${why}`, hint);

/** @param words the server's own, where it has some */
export const loginNeeded = (server: string, words?: string) =>
  authError(
    "login_needed",
    `${server} wants authorization${words === undefined ? "" : `: ${words}`}`,
    `m2mcp login ${server} --client-id ID --client-secret SECRET`,
  );

/** The profile was removed while a process used it. */
export const loggedOut = (name: string, server: string) =>
  authError(
    "logged_out",
    `the login @${name} was removed, so no more tokens are asked for with it`,
    `m2mcp login ${server} @${name} makes it again; a running bridge takes it up by itself`,
  );

export const stepUpRefused = (host: string, scopes: string, why: string) =>
  authError(
    "step_up_refused",
    `${host} wants more scopes for this call (${scopes}), and they are not granted: ${why}`,
    "the client must be allowed them at the authorization server; other calls go on with the token there is",
  );

export const accessForbidden = (host: string, why: string) =>
  authError(
    "forbidden",
    `${host} forbids the call: ${why}`,
    "ask the server's owner for access, or m2mcp login again with --scope",
  );
