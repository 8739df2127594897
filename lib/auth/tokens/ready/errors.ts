// Failures of tokens that something else makes. None of them quotes what was read.
import { authError } from "../../errors.ts";

/** @param what the source, as messages name it; @param why goes after "it" */
export const badToken = (what: string, why: string) =>
  authError("bad_token", `${what} holds no token: it ${why}`, "see that what makes the token is in order");

export const tokenBoundElsewhere = (what: string) =>
  authError(
    "bad_token",
    `${what} holds a token that is bound to a key (DPoP) of who asked for it`,
    "let m2mcp ask for its own token, by a grant with --dpop; or have a Bearer token made",
  );

/**
 * @param overMs how long ago it ended, by the server's clock
 * @param isFixed what was given once cannot be renewed
 */
export const tokenOver = (what: string, overMs: number, isFixed: boolean) =>
  authError(
    "token_over",
    `${what} holds a token that ended ${Math.round(overMs / 1000)} s ago`,
    isFixed
      ? "give a new one; --token-file PATH and --token-command COMMAND follow one that is renewed"
      : "see that what makes the token renews it; --token-lifetime SECONDS counts in place of what the token says",
  );

/** The server has refused the token that there is. */
export const tokenUnchanged = (what: string) =>
  authError(
    "token_unchanged",
    `${what} holds the token that the server has refused`,
    "see that what makes the token makes it for this server: m2mcp whoami shows what it says of itself",
  );

export const noMoreScopes = (what: string) =>
  authError(
    "no_more_scopes",
    `${what} is made with the scopes that it has`,
    "whoever makes the token must ask for them",
  );
