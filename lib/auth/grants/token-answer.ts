import { isObject, type JsonObject } from "../../json.ts";
import { unexpectedStatus } from "../../net/errors.ts";
import type { Credentials, Token } from "../credentials.ts";
import { askedToWait, badTokenAnswer, tokenRefused } from "../errors.ts";
import { type Answer, waitAsked } from "../exchange.ts";
import { hintFor } from "./hints.ts";

/** No token is believed to live longer, in s: ten years. */
const LONGEST_LIFE_S = 10 * 365 * 24 * 3600;

/** The `error` of a refused token request (RFC 6749 §5.2). */
export const errorOf = ({ json }: Pick<Answer, "json">): string | undefined =>
  isObject(json) && typeof json.error === "string" ? json.error : undefined;

/** As much of an answer as is looked at. */
export type TokenAnswer = Pick<Answer, "status" | "headers" | "text" | "json">;

/**
 * Reads the answer to a token request (RFC 6749 §5.1, §5.2).
 *
 * @param askedAtMs when the request was sent: the token's life is counted from there
 * @throws M2mcpError token_refused, scope_refused, busy, bad_token_answer
 */
export function checkTokenAnswer(
  answer: TokenAnswer,
  url: string,
  askedAtMs: number,
  asked: string | undefined,
  credentials?: Credentials,
): Token {
  const { host } = new URL(url);
  const { status, headers } = answer;
  const waitMs = status === 429 || status === 503 ? waitAsked(headers) : undefined;
  if (waitMs !== undefined)
    throw askedToWait(host, status, Math.ceil(waitMs / 1000), new Date(askedAtMs + waitMs).toISOString());
  if (status >= 400 || errorOf(answer) !== undefined) throw refusalOf(answer, host, asked, credentials);
  if (!isObject(answer.json))
    throw badTokenAnswer(host, `the answer is ${answer.json === undefined ? "not JSON" : "no JSON object"}`);
  return readToken(answer.json, host, askedAtMs, asked);
}

function refusalOf(
  answer: TokenAnswer,
  host: string,
  scope: string | undefined,
  credentials: Credentials | undefined,
): Error {
  const { status } = answer;
  const json = isObject(answer.json) ? answer.json : {};
  const error = errorOf(answer);
  if (error === undefined)
    return status === 429 || status >= 500
      ? unexpectedStatus(host, status)
      : badTokenAnswer(host, `HTTP status ${status}`);
  const description = typeof json.error_description === "string" ? printable(json.error_description) : "";
  const codes = Array.isArray(json.error_codes) ? json.error_codes.map(String) : [];
  const hint = hintFor({ error, description, codes, scope, ...(credentials ? { credentials } : {}) });
  return tokenRefused(host, printable(error), description || undefined, hint);
}

function readToken(json: JsonObject, host: string, askedAtMs: number, asked: string | undefined): Token {
  const { access_token: accessToken, token_type: type, expires_in: expiresIn, scope } = json;
  if (typeof accessToken !== "string" || !/^[\x21-\x7e]+$/.test(accessToken))
    throw badTokenAnswer(host, "there is no access_token in the answer");
  const tokenType = typeof type === "string" ? type.toLowerCase() : "bearer";
  if (tokenType !== "bearer" && tokenType !== "dpop")
    throw badTokenAnswer(host, `token_type ${printable(tokenType)} is not known`);
  const granted = typeof scope === "string" ? scope : asked;
  const lifeS = lifeInSeconds(expiresIn);
  return {
    accessToken,
    tokenType: tokenType === "dpop" ? "DPoP" : "Bearer",
    ...(granted === undefined ? {} : { scope: granted }),
    issuedAtMs: askedAtMs,
    ...(lifeS === undefined ? {} : { expiresAtMs: askedAtMs + lifeS * 1000 }),
  };
}

/** `expires_in`, also as text; undefined when it says nothing, since a token is never issued as already over. */
function lifeInSeconds(expiresIn: unknown): number | undefined {
  const isNumber =
    typeof expiresIn === "number" || (typeof expiresIn === "string" && expiresIn.trim() !== "");
  const seconds = isNumber ? Number(expiresIn) : Number.NaN;
  return seconds > 0 ? Math.min(seconds, LONGEST_LIFE_S) : undefined;
}

/** Server text fit for a terminal: no control characters, not too long. */
const printable = (text: string) => text.replace(/[^\x20-\x7e\u00a0-\uffff]+/g, " ").slice(0, 300);
