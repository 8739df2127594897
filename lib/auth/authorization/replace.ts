import { M2mcpError } from "../../failure.ts";
import { tokenChallenge } from "../discovery/token-challenge.ts";
import { tokenNotAccepted } from "../errors.ts";
import { type BoundToken, headerOf, type TokenRequestReason } from "../tokens/bound-token.ts";
import type { CurrentToken, TokenContext } from "../tokens/current.ts";
import type { Background } from "./background.ts";

/** A token refused from its issue on is given up for this long; then the server may have changed its mind, in ms. */
const GIVEN_UP_MS = 60_000;

export type Replacement = ReturnType<typeof createReplacement>;

/** Replaces tokens that the server refuses, and knows which of those it has accepted since. */
export function createReplacement(context: TokenContext, tokens: CurrentToken, background: Background) {
  const { deps, server } = context;
  const { host } = new URL(server);
  /** Access tokens that the server has accepted since they were issued upon a refusal. */
  const accepted = new Set<string>();

  return {
    /**
     * Another token in place of the one refused: what is there already, else a new one, else the one before it.
     * @param mayAsk a new one may be asked for: none was yet for this request
     * @throws M2mcpError not_authorized with the server's words; what the token request throws
     */
    async replace(
      refused: BoundToken,
      challenge: TokenRequestReason["challenge"],
      mayAsk: boolean,
      words: string,
    ): Promise<{ bound: BoundToken; isNew: boolean }> {
      const other = await tokens.other(refused);
      if (other) return { bound: other, isNew: false };
      try {
        if (!mayAsk || (await isGivenUp(context, refused, accepted))) throw tokenNotAccepted(host, words);
        const bound = await tokens.reissue({ refused: headerOf(refused.token), challenge });
        return { bound, isNew: true };
      } catch (error) {
        const before = await tokens.before(refused);
        if (before) return { bound: before, isNew: false };
        const isSame = error instanceof M2mcpError && error.code === "token_unchanged";
        throw isSame ? tokenNotAccepted(host, words, error.hint) : error;
      }
    },

    /** Shown what a token was answered with: also a 403 or a 404 may come from a server that knows it. */
    learn({ token }: BoundToken, status: number, headers: Headers): void {
      const { accessToken, unproven } = token;
      if (!unproven || status === 401 || status >= 500 || accepted.has(accessToken)) return;
      const challenge = status < 400 ? null : headers.get("www-authenticate");
      if (tokenChallenge(challenge)?.params.error === "invalid_token") return;
      accepted.add(accessToken);
      background.run(
        deps.write((old) => {
          if (old.token?.accessToken !== accessToken) return old;
          const { unproven: _, ...proven } = old.token;
          return { ...old, token: proven };
        }),
      );
    },
  };
}

/** Whether a token was issued upon a refusal and has never been accepted: asking again would change nothing. */
async function isGivenUp(
  { deps, credentials }: TokenContext,
  { token }: BoundToken,
  accepted: ReadonlySet<string>,
): Promise<boolean> {
  // What makes tokens elsewhere may be mended at any moment, and looking there bothers no server.
  if (credentials.grant === null) return false;
  if (!token.unproven || deps.now() - token.issuedAtMs >= GIVEN_UP_MS) return false;
  const stored = (await deps.read({ anew: true }))?.token;
  const isAccepted =
    accepted.has(token.accessToken) || (stored?.accessToken === token.accessToken && !stored.unproven);
  return !isAccepted;
}
