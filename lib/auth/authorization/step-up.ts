import { EXIT, M2mcpError } from "../../failure.ts";
import { isYoung } from "../../moment.ts";
import type { Challenge } from "../../net/challenge.ts";
import { accessForbidden, stepUpRefused } from "../errors.ts";
import { union } from "../grants/scope.ts";
import { type BoundToken, headerOf } from "../tokens/bound-token.ts";
import type { CurrentToken, TokenContext } from "../tokens/current.ts";

/** More scopes are granted so often at most before the server accepts a call. */
const MAX_STEP_UPS = 3;
/** What a server's metadata names counts so long for the calls that it refuses, in ms. */
const METADATA_LIFE_MS = 60_000;

export type StepUp = ReturnType<typeof createStepUp>;

/** Gets tokens with the scopes that a call wants besides (MCP "Step-Up Authorization Flow"). */
export function createStepUp(context: TokenContext, tokens: CurrentToken) {
  const { deps, server } = context;
  const { host } = new URL(server);
  const supported = createSupported(context);
  let stepUps = 0;
  return {
    /** The server has accepted a call: what was gathered is enough. */
    accepted(): void {
      stepUps = 0;
    },

    /**
     * @param named what the challenge names; where that is nothing, what the server's metadata names counts
     * @param words the server's own, for the error
     * @throws M2mcpError forbidden, step_up_refused, network failures
     */
    async tokenFor(
      refused: BoundToken,
      named: string[],
      words: string,
      challenge: Challenge | undefined,
    ): Promise<BoundToken> {
      const isNamed = named.length > 0;
      const wanted = isNamed ? named : await supported(challenge);
      if (wanted.length === 0) throw accessForbidden(host, words);
      // Before the look at the token: what another process gathers between the two comes with one, and was not refused.
      const gathered = (await deps.read({ anew: true }))?.steppedUpScope;
      const other = await tokens.other(refused, wanted);
      if (other) return other;
      const had = union(refused.token.scope, gathered);
      const more = wanted.filter((scope) => !had.includes(scope)).sort();
      if (more.length === 0)
        throw accessForbidden(host, isNamed ? `${words}; it wants ${wanted.join(" ")}, not granted` : words);
      if (stepUps >= MAX_STEP_UPS) throw accessForbidden(host, `${words}; it wants more scopes each time`);
      const isFirst = !tokens.isAsking(more);
      deps.log(`asking for more scopes: ${more.join(" ")}`);
      try {
        const granted = await tokens.reissue({ refused: headerOf(refused.token), more });
        if (isFirst) stepUps++;
        return granted;
      } catch (error) {
        if (!(error instanceof M2mcpError) || error.exitCode !== EXIT.auth) throw error;
        throw isNamed ? stepUpRefused(host, more.join(" "), error.message) : accessForbidden(host, words);
      }
    },
  };
}

/**
 * Asks for what the metadata of the server names (MCP "Scope Selection Strategy"), anew, since it may have changed: by one
 * request for all calls that are refused within a minute. None where the user has said what is asked for, and where that
 * cannot be chosen.
 */
function createSupported({ deps, server, credentials }: TokenContext) {
  let known: { scopes: Promise<string[]>; askedAtMs: number } | undefined;
  return async (challenge: Challenge | undefined): Promise<string[]> => {
    if (credentials.grant === null || credentials.scope !== undefined) return [];
    if (!known || !isYoung(known.askedAtMs, METADATA_LIFE_MS, deps.now())) {
      const asked = import("../discovery/discover.ts");
      const scopes = asked.then(({ scopesOfServer }) => scopesOfServer(deps, server, credentials, challenge));
      known = { scopes, askedAtMs: deps.now() };
    }
    return known.scopes;
  };
}
