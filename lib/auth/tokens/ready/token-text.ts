// What files and commands yield as a token: the token itself, or JSON around it, of the shapes that programs print.
import { isObject, type JsonObject } from "../../../json.ts";
import { momentIn, numberIn, numericDateMs } from "../../../moment.ts";
import { claimsOf } from "../../claims.ts";
import { faultIn } from "../../client/faults.ts";

/** A token as it was given, and what is said of its life. */
export interface ReadToken {
  accessToken: string;
  /** Its `token_type`, where there is one. */
  type?: string;
  scope?: string;
  /** How long it is good from now on, in ms. */
  lifeMs?: number;
  /** When it ends and when it was issued by its issuer's clock, in ms since the epoch. */
  endsAtMs?: number;
  issuedAtMs?: number;
}

/** What was given is no token: `why` goes after "no token: it", and quotes nothing. */
export class NoToken extends Error {
  readonly why: string;
  constructor(why: string) {
    super(why);
    this.why = why;
  }
}

/** Longest token, in characters: servers take headers of 8 to 64 KiB. */
const LONGEST = 64 * 1024;

/**
 * The token in what a source yields: by itself, with `Bearer` before it, or in JSON: a token response (RFC 6749 §5.1),
 * what gcloud, az, aws, vault and kubectl (ExecCredential, TokenRequest) print, an object of headers. Pure.
 *
 * @param text without what surrounds it
 * @throws NoToken
 */
export function parseTokenText(text: string): ReadToken {
  const isJson = /^\s*[[{"]/.test(text);
  const given = isJson ? fromJson(text) : { accessToken: text.trim() };
  const accessToken = given.accessToken.replace(/^Bearer\s+/i, "");
  const fault = faultOf(accessToken);
  if (fault !== undefined) throw new NoToken(fault);
  return { ...saidBy(accessToken), ...given, accessToken };
}

/** Why a text can be no token; undefined where it can. */
function faultOf(token: string): string | undefined {
  if (token === "") return "is empty";
  if (token.length > LONGEST) return "is longer than any header can be";
  if (/^DPoP\s/i.test(token)) return "is bound to a key (DPoP), which is not here";
  const fault = faultIn(token);
  if (fault !== undefined) return `cannot be sent: ${fault}`;
  if (/\s/.test(token)) return "holds blanks";
  if (!/^[\x21-\x7e]+$/.test(token)) return "holds characters that no header carries";
  // A JWT begins with {" in base64; one with a part too few was cut off, as in a file that is being written.
  const parts = token.split(".");
  if (/^eyJ[\w-]*$/.test(parts[0] ?? "") && (parts.length < 3 || parts.at(-1) === ""))
    return "is a JWT that was cut off";
  if (looksLikeJwt(token) && claimsOf(token) === undefined) return "looks like a JWT and cannot be decoded";
  return undefined;
}

const looksLikeJwt = (token: string) => /^eyJ[\w-]*\.[\w-]*\.[\w-]*$/.test(token);

/** What a JWT says of its life (RFC 7519 §4.1.4, §4.1.6) and its scope (RFC 8693 §4.2; `scp` of Entra ID and Okta). */
function saidBy(token: string): Pick<ReadToken, "endsAtMs" | "issuedAtMs" | "scope"> {
  const { exp, iat, scope, scp } = claimsOf(token) ?? {};
  const [endsAtMs, issuedAtMs] = [numericDateMs(exp), numericDateMs(iat)];
  const scopes = [scope ?? scp ?? []].flat().filter((one) => typeof one === "string");
  return {
    ...(scopes.length > 0 ? { scope: scopes.join(" ") } : {}),
    ...(endsAtMs === undefined ? {} : { endsAtMs }),
    ...(issuedAtMs === undefined ? {} : { issuedAtMs }),
  };
}

/** Names of members, in lower case and without `_` and `-`, the likeliest first. */
const TOKENS = ["accesstoken", "token", "idtoken", "webidentitytoken", "authorizationtoken", "authorization"];
const ENDS = [
  "expiresat",
  "expireson",
  "expirationtimestamp",
  "expiration",
  "tokenexpiry",
  "expiry",
  "expirytime",
];
const LIVES = ["expiresin", "ttl"];
/** Objects that the token stands in: ExecCredential, `gcloud config config-helper`, vault, Cognito. */
const WITHIN = ["status", "credential", "credentials", "data", "authenticationresult", "headers"];

type Members = ReadonlyMap<string, unknown>;

function fromJson(text: string): ReadToken {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new NoToken("is JSON that ends early or is none");
  }
  if (typeof json === "string") return { accessToken: json };
  if (!isObject(json)) throw new NoToken("is JSON without a token");
  const outer = membersOf(json);
  const inner = WITHIN.flatMap((name) => {
    const value = outer.get(name);
    return isObject(value) ? [membersOf(value)] : [];
  });
  for (const members of [outer, ...inner]) {
    const accessToken = first(members, TOKENS, textIn);
    if (accessToken !== undefined) return withLife(accessToken, members);
  }
  throw new NoToken("is JSON without a token");
}

const textIn = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

/** Of two spellings of one name, as `expires_on` and `expiresOn` of az, a number counts before a text. */
function membersOf(object: JsonObject): Members {
  const members = new Map<string, unknown>();
  for (const [name, value] of Object.entries(object)) {
    const plain = name.toLowerCase().replace(/[_-]/g, "");
    if (!members.has(plain) || numberIn(value) !== undefined) members.set(plain, value);
  }
  return members;
}

function first<T>(members: Members, names: readonly string[], as: (value: unknown) => T | undefined) {
  for (const name of names) {
    const value = as(members.get(name));
    if (value !== undefined) return value;
  }
  return undefined;
}

function withLife(accessToken: string, members: Members): ReadToken {
  const endsAtMs = first(members, ENDS, momentIn);
  const lifeS = first(members, LIVES, numberIn);
  const type = textIn(members.get("tokentype"));
  const scope = textIn(members.get("scope"));
  return {
    accessToken,
    ...(type === undefined ? {} : { type }),
    ...(scope === undefined ? {} : { scope }),
    ...(endsAtMs === undefined ? {} : { endsAtMs }),
    ...(endsAtMs === undefined && lifeS !== undefined && lifeS > 0 ? { lifeMs: lifeS * 1000 } : {}),
  };
}
