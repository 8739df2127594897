import { badTokenAnswer, tokenRefused, unexpectedStatus } from "../errors.ts";
import { authenticateClient, type TokenRequest } from "./client-auth.ts";
import type { AuthDeps } from "./deps.ts";
import { createProof, learnNonce, type ProofKey } from "./dpop.ts";
import { withoutEcho } from "./echo.ts";
import { type Answer, exchange } from "./exchange.ts";
import { readAssertion } from "./secrets.ts";
import type { Credentials, Discovered, Token } from "./types.ts";

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/** The scope to ask for: the user's, with what step-up gathered; else the challenge's or `scopes_supported`. */
export function wantedScope(
  credentials: Credentials,
  found: Discovered,
  steppedUp: string | undefined,
): string | undefined {
  const base = credentials.scope ?? found.scope;
  const all = new Set(
    [base, steppedUp].flatMap((scopes) => (scopes ?? "").split(" ")).filter((scope) => scope !== ""),
  );
  return all.size === 0 ? undefined : [...all].join(" ");
}

/**
 * Performs the grant (RFC 6749 §4.4; RFC 7523 §2.1 for `jwt-bearer`): one token request, no retry after a refusal.
 *
 * @param proofKey binds the token to a key (RFC 9449); takes in the server's nonces
 * @throws M2mcpError token_refused, bad_token_answer (exit 4), network failures (exit 3)
 */
export async function requestToken(
  deps: AuthDeps,
  credentials: Credentials,
  found: Discovered,
  scope: string | undefined,
  proofKey?: ProofKey,
): Promise<Token> {
  const request: TokenRequest = { headers: {}, body: new URLSearchParams() };
  const { body } = request;
  if (credentials.grant === "jwt-bearer") {
    body.set("grant_type", JWT_BEARER);
    if (credentials.assertion)
      body.set(
        "assertion",
        await readAssertion(credentials.assertion, found.issuer ?? found.tokenEndpoint, deps.fetch),
      );
  } else body.set("grant_type", "client_credentials");
  if (scope !== undefined) body.set("scope", scope);
  if (credentials.resource !== null) body.set("resource", credentials.resource ?? found.resource);
  if (credentials.audience !== undefined) body.set("audience", credentials.audience);
  for (const [name, value] of credentials.tokenParams ?? []) body.append(name, value);
  await authenticateClient(request, credentials, found, deps);
  const url = credentials.tls ? (found.mtlsTokenEndpoint ?? found.tokenEndpoint) : found.tokenEndpoint;
  const askedAtMs = deps.now();
  const send = async () =>
    exchange(deps, url, {
      method: "POST",
      headers: {
        ...request.headers,
        ...(proofKey ? { dpop: await createProof(proofKey, { method: "POST", url }, deps.now()) } : {}),
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
      },
      body: body.toString(),
    });
  let answer = await send();
  // The nonce is part of the way to an answer, not a refusal of the grant (RFC 9449 §8).
  if (proofKey && learnNonce(proofKey, url, answer.headers) && errorOf(answer) === "use_dpop_nonce")
    answer = await send();
  answer = withoutEcho(answer, request, credentials.tokenParams ?? []);
  const token = checkTokenAnswer(answer, url, askedAtMs, scope);
  if (credentials.dpop && token.tokenType !== "DPoP")
    throw badTokenAnswer(new URL(url).host, "it is not bound to a key, as --dpop insists");
  return token;
}

const errorOf = ({ json }: Answer) =>
  typeof json === "object" && json !== null && "error" in json ? json.error : undefined;

/**
 * Reads the answer to a token request (RFC 6749 §5.1, §5.2).
 *
 * @param askedAtMs when the request was sent: the token's life is counted from there
 * @throws M2mcpError token_refused, bad_token_answer
 */
export function checkTokenAnswer(
  answer: Answer,
  url: string,
  askedAtMs: number,
  asked: string | undefined,
): Token {
  const { host } = new URL(url);
  const { status } = answer;
  const json =
    typeof answer.json === "object" && answer.json !== null
      ? (answer.json as Record<string, unknown>)
      : undefined;
  if (status >= 400 || typeof json?.error === "string") {
    const error = json?.error;
    const description =
      typeof json?.error_description === "string" ? printable(json.error_description) : undefined;
    if (typeof error === "string")
      throw tokenRefused(host, printable(error), description, hintFor(error, description ?? ""));
    if (status === 429 || status >= 500) throw unexpectedStatus(host, status);
    throw badTokenAnswer(host, `HTTP status ${status}`);
  }
  if (!json) throw badTokenAnswer(host, "the answer is not JSON");
  const { access_token: accessToken, token_type: type, expires_in: expiresIn, scope } = json;
  if (typeof accessToken !== "string" || !/^[\x21-\x7e]+$/.test(accessToken))
    throw badTokenAnswer(host, "there is no access_token in the answer");
  const tokenType = typeof type === "string" ? type.toLowerCase() : "bearer";
  if (tokenType !== "bearer" && tokenType !== "dpop")
    throw badTokenAnswer(host, `token_type ${printable(tokenType)} is not known`);
  const seconds = Number(expiresIn);
  const granted = typeof scope === "string" ? scope : asked;
  return {
    accessToken,
    tokenType: tokenType === "dpop" ? "DPoP" : "Bearer",
    ...(granted === undefined ? {} : { scope: granted }),
    issuedAtMs: askedAtMs,
    ...(expiresIn !== undefined && expiresIn !== null && Number.isFinite(seconds) && seconds > 0
      ? { expiresAtMs: askedAtMs + seconds * 1000 }
      : {}),
  };
}

/** Server text fit for a terminal: no control characters, not too long. */
const printable = (text: string) => text.replace(/[^\x20-\x7e\u00a0-\uffff]+/g, " ").slice(0, 300);

/** What mends a refusal, by its code; Entra ID names its own codes within the description. */
function hintFor(error: string, description: string): string {
  if (/AADSTS(9010010|901002)/.test(description))
    return "this server refuses `resource`: m2mcp login again with --no-resource";
  if (/AADSTS(70011|1002012)/.test(description)) return "this server wants --scope api://…/.default";
  switch (error) {
    case "invalid_client":
      return "check --client-id and the secret or key; --auth-method client_secret_post or client_secret_basic changes how it is sent";
    case "invalid_target":
      return "check --resource URI, or leave it out with --no-resource";
    case "invalid_scope":
      return "check --scope";
    case "unauthorized_client":
    case "unsupported_grant_type":
      return "the client must be allowed the client_credentials grant at the authorization server";
    case "access_denied":
      return "the client is not allowed this; Auth0 also wants --audience";
    default:
      return "check what the client is allowed to do, --scope, --audience and --resource; m2mcp doctor shows each step";
  }
}
