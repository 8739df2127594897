import { isObject, type JsonObject } from "../../json.ts";
import { unexpectedStatus } from "../../net/errors.ts";
import { merelyStatus } from "../../net/markup-words.ts";
import { oneLine } from "../../net/one-line.ts";
import { waitAsked } from "../../net/retry-after.ts";
import { phraseOf, readWords } from "../../net/words.ts";
import type { Token } from "../credentials.ts";
import { askedToWait, badTokenAnswer, tokenRefused, tokenUnavailable } from "../errors.ts";
import type { Answer } from "../exchange.ts";
import { TOKEN_TYPE } from "./exchange/token-types.ts";
import { type AskedWith, hintFor, type Refused } from "./hints.ts";

/** No token is believed to live longer, in s: ten years. */
const LONGEST_LIFE_S = 10 * 365 * 24 * 3600;

/** The `error` of a refused token request (RFC 6749 §5.2). */
export const errorOf = ({ json }: Pick<Answer, "json">): string | undefined =>
  isObject(json) && typeof json.error === "string" && json.error !== "" ? json.error : undefined;

/** As much of an answer as is looked at. */
export type TokenAnswer = Pick<Answer, "status" | "headers" | "text" | "json">;

/**
 * Reads the answer to a token request (RFC 6749 §5.1, §5.2).
 *
 * @param answer without the secrets that were sent
 * @param askedAtMs when the request was sent: the token's life is counted from there
 * @param scope that was asked for
 * @throws M2mcpError token_refused, scope_refused, token_unavailable, busy, bad_token_answer
 */
export function checkTokenAnswer(
  answer: TokenAnswer,
  url: string,
  askedAtMs: number,
  scope: string | undefined,
  asked: AskedWith = {},
): Token {
  const json = grantedIn(answer, url, askedAtMs, (refused) => hintFor({ ...refused, ...asked, scope }));
  return readToken(json, new URL(url).host, askedAtMs, scope);
}

/** What a token endpoint gave, as it came, where it gave something. @param hint what mends a refusal */
export function grantedIn(
  answer: TokenAnswer,
  url: string,
  askedAtMs: number,
  hint: (refused: Refused) => string,
): JsonObject {
  const { host } = new URL(url);
  const { status } = answer;
  const waitMs = waitAsked(answer);
  if (waitMs !== undefined) throw askedToWait(host, status, waitMs, askedAtMs);
  if (status >= 400 || errorOf(answer) !== undefined || holdsError(answer))
    throw refusalOf(answer, host, hint);
  if (!isObject(answer.json)) throw badTokenAnswer(host, `the answer is ${noObject(answer)}`);
  return answer.json;
}

/** Whether an answer has an error with words of its own in the place of a token: some refuse with a success. */
const holdsError = ({ json }: TokenAnswer): boolean =>
  isObject(json) &&
  json.access_token === undefined &&
  isObject(json.error) &&
  phraseOf(readWords(JSON.stringify(json.error))) !== undefined;

/** Errors that say nothing against the client: the server's own fault, which passes. Hints know the second alone. */
const PASSING = ["temporarily_unavailable", "server_error"];
/** Errors that a server names where the client, or what it asks for, is refused (RFC 6749 §5.2, 8628, 8707, 9449). */
const OF_CLIENT = /^(invalid_|unauthorized_|unsupported_|access_denied$|use_dpop_nonce$)/i;

/** Whether trying later would help: by the error, else by a status that is the server's own fault. */
const isPassing = (error: string, status: number): boolean =>
  PASSING.includes(error.toLowerCase()) || (status >= 500 && !OF_CLIENT.test(error));

/** A refusal in the server's own words, whatever form they have. */
function refusalOf(answer: TokenAnswer, host: string, hintOf: (refused: Refused) => string): Error {
  const { status, headers, text } = answer;
  const json = isObject(answer.json) ? answer.json : {};
  const words = readWords(text, headers.get("content-type"));
  const said = words.text === undefined || merelyStatus(words.text) ? undefined : words.text;
  const error = errorOf(answer) ?? (words.code === String(status) ? undefined : words.code);
  const ofStatus = `HTTP status ${status}`;
  const isPlaceWrong = [404, 405, 410].includes(status) && errorOf(answer) === undefined;
  const isSilent = error === undefined && said === undefined;
  if (isPlaceWrong || (isSilent && status < 500 && status !== 429 && status !== 401))
    return badTokenAnswer(host, said === undefined ? ofStatus : `${ofStatus}: ${said}`);
  // Who asks too often is not refused, whatever name that has there.
  if (status === 429 || (status >= 500 && errorOf(answer) === undefined))
    return unexpectedStatus(host, status, said ?? (error && oneLine(error)));
  const described = typeof json.error_description === "string" ? oneLine(json.error_description) : "";
  const description = described || said;
  const codes = Array.isArray(json.error_codes) ? json.error_codes.map(String) : [];
  const code = oneLine(error ?? ofStatus);
  // A 401 is about the client (RFC 6749 §5.2), unless an error of OAuth's form says otherwise.
  const isNamed = /^[a-z]+(_[a-z]+)+$/i.test(error ?? "");
  const isOfServer = isPassing(error ?? "", status);
  const ofClient = status === 401 && !isNamed ? "invalid_client" : (error ?? "");
  const meant = isOfServer ? "server_error" : ofClient;
  const hint = hintOf({ error: meant, description: description ?? "", codes });
  const refused = isOfServer ? tokenUnavailable : tokenRefused;
  return refused(host, code, description === code ? undefined : description || undefined, hint);
}

/** What stands in the place of a JSON object; of its text a page's title at most, since it may be or hold the token. */
function noObject({ json, text, headers }: TokenAnswer): string {
  if (text.trim() === "") return "empty";
  if (json !== undefined) return "no JSON object";
  const isPage = /^\s*<(!doctype html|html|head|title)\b/i.test(text.slice(0, 1000));
  const { text: said } = isPage ? readWords(text, headers.get("content-type")) : {};
  return said === undefined || holdsToken(said) ? "not JSON" : `not JSON: ${said}`;
}

/** Whether a text may be, or hold, a token: one piece of what tokens are made of, as long as none of the words is. */
const holdsToken = (text: string): boolean => /[\w.~+/=-]{20,}/.test(text.slice(0, 1000));

function readToken(json: JsonObject, host: string, askedAtMs: number, asked: string | undefined): Token {
  const { access_token: accessToken, expires_in: expiresIn, scope } = json;
  if (typeof accessToken !== "string") throw badTokenAnswer(host, withoutToken(json));
  if (!/^[\x21-\x7e]+$/.test(accessToken))
    throw badTokenAnswer(
      host,
      "its access_token is empty or holds blanks or other characters that no header carries",
    );
  const granted = typeof scope === "string" ? scope : asked;
  const lifeS = lifeInSeconds(expiresIn);
  requireAccessToken(json, host);
  return {
    accessToken,
    tokenType: readType(json.token_type, host),
    ...(granted === undefined ? {} : { scope: granted }),
    issuedAtMs: askedAtMs,
    ...(lifeS === undefined ? {} : { expiresAtMs: askedAtMs + lifeS * 1000 }),
  };
}

/** Tokens that open more than this server, and that no MCP server may see. */
const NEVER_SENT: readonly string[] = [TOKEN_TYPE.refresh_token, TOKEN_TYPE.id_jag];

/** An exchange may give a token that is none for access (RFC 8693 §2.2.1). */
function requireAccessToken({ token_type: type, issued_token_type: issued }: JsonObject, host: string): void {
  if (typeof issued !== "string") return;
  const isForNoAccess = String(type).toUpperCase() === "N_A";
  if (!isForNoAccess && !NEVER_SENT.includes(issued)) return;
  const isShown =
    ![TOKEN_TYPE.access_token, ""].includes(issued) && !holdsToken(issued.replace(/^urn:[\w:]+:/, ""));
  const shown = isShown ? `, but ${oneLine(issued, 80)}` : "";
  throw badTokenAnswer(
    host,
    `what it issued is no access token${shown}${isForNoAccess ? " (token_type N_A)" : ""}`,
  );
}

/** Names what is there instead of a token, never what it says. */
function withoutToken(json: JsonObject): string {
  const names = Object.keys(json).filter((name) => /^[\w.-]{1,40}$/.test(name));
  const has = names.length === 0 ? "nothing" : names.slice(0, 8).join(", ");
  return json.access_token === undefined
    ? `there is no access_token in the answer, which has ${has}`
    : "its access_token is no text";
}

/** The type of a token, whose case does not matter (RFC 6749 §5.1); some say BearerToken, or nothing. */
function readType(type: unknown, host: string): Token["tokenType"] {
  if (type === undefined || type === null) return "Bearer";
  const plain = typeof type === "string" ? type.toLowerCase().replace(/[\s_-]/g, "") : "";
  if (["", "bearer", "bearertoken"].includes(plain) && typeof type === "string") return "Bearer";
  if (plain === "dpop") return "DPoP";
  const shown = JSON.stringify(type);
  throw badTokenAnswer(host, `token_type ${holdsToken(shown) ? "" : `${oneLine(shown, 60)} `}is not known`);
}

/** `expires_in`, also as text; undefined when it says nothing, since a token is never issued as already over. */
function lifeInSeconds(expiresIn: unknown): number | undefined {
  const isNumber =
    typeof expiresIn === "number" || (typeof expiresIn === "string" && expiresIn.trim() !== "");
  const seconds = isNumber ? Number(expiresIn) : Number.NaN;
  return seconds > 0 ? Math.min(seconds, LONGEST_LIFE_S) : undefined;
}
