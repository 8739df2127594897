// What is wrong with a token that others made and that was given in a token request: it says itself whether it can be good.
import { oneLine } from "../../net/one-line.ts";
import { claimsOf } from "../claims.ts";

/** Dates this far off are a clock's, in s. */
const LEEWAY_S = 30;

/** A token as it was given, and for whom it should be. */
export interface Given {
  /** What messages call it: `the assertion`. */
  what: string;
  token: string;
  /** Whether it must be a JWT. */
  isJwt: boolean;
  /** Names of whom it is given to, the one to use first; absent where it may be for anybody. */
  recipients?: string[];
}

/** What is wrong, in words that do not repeat the token, and what mends it. */
export interface GivenFault {
  words: string;
  /** Whether no server can take it; else this one may. */
  isSure: boolean;
}

/**
 * What makes a refusal of a given token likely (RFC 7523 §3); undefined where nothing shows.
 *
 * @param nowS by the clock of who refused it, in s since the epoch
 */
export function faultOfGiven(given: Given, nowS: number): GivenFault | undefined {
  const { what, token, isJwt } = given;
  const sure = (words: string) => ({ words: `${what} ${words}`, isSure: true });
  const claims = claimsOf(token);
  if (!claims)
    // What is encrypted (RFC 7516 §3.1) is for the server alone to read.
    return isJwt && token.split(".").length !== 5
      ? sure(
          "is no JWT, three parts of base64url with dots between: see that its source yields that and nothing else",
        )
      : undefined;
  const { exp, nbf, iat } = claims;
  if (exp !== undefined && exp <= nowS)
    return sure(`ended ${Math.round(nowS - exp)} s ago: see that what yields it renews it`);
  const early = [nbf, iat].find((atS) => atS !== undefined && atS > nowS + LEEWAY_S);
  if (early !== undefined)
    return sure(
      `is good only in ${Math.round(early - nowS)} s by the server's clock: check the clock of what makes it`,
    );
  return misdirected(given, claims.aud) ?? (exp === undefined && isJwt ? unending(what) : undefined);
}

function misdirected({ what, recipients }: Given, audiences: string[] = []): GivenFault | undefined {
  if (!recipients || audiences.some((one) => recipients.includes(one))) return undefined;
  const named = audiences.length === 0 ? "nobody" : oneLine(audiences.join(" "), 200);
  return {
    words: `${what} is for ${named}, and the server is known as ${recipients[0]}: it may have to be for that`,
    isSure: false,
  };
}

const unending = (what: string): GivenFault => ({
  words: `${what} does not say when it ends (exp), which servers want`,
  isSure: false,
});
