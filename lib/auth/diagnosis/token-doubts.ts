import { claimsOf } from "../claims.ts";
import type { Token } from "../credentials.ts";
import { resourceOf } from "../discovery/url.ts";
import { union } from "../grants/scope.ts";
import type { TokenFacts } from "./token-facts.ts";

/**
 * Why a server may refuse a token, by whom it says it is for; undefined where nothing shows. It is not verified here: the
 * server alone decides.
 */
export function doubtAboutToken(
  { accessToken }: Pick<Token, "accessToken">,
  server: string,
): string | undefined {
  const { aud: audiences = [] } = claimsOf(accessToken) ?? {};
  if (audiences.length === 0 || audiences.some((audience) => isFor(audience, server))) return undefined;
  return `the token is for ${audiences.join(" ")}, and the server is ${resourceOf(server)}: it may want one that names it`;
}

/** Whether an audience may mean the server: names that are no address can be anything. */
function isFor(audience: string, server: string): boolean {
  const named = URL.parse(audience);
  if (named?.protocol !== "https:" && named?.protocol !== "http:") return true;
  return named.origin === new URL(server).origin;
}

/**
 * What may be behind a 403, by what a token says of itself.
 *
 * @param wanted the scopes that were asked for, space-separated
 */
export function doubtsAbout(token: Token, facts: TokenFacts, server: string, wanted?: string): string[] {
  const had = union(facts.scope ?? undefined);
  const missing = union(wanted).filter((scope) => !had.includes(scope) && !isDefault(scope));
  const audience = doubtAboutToken(token, server);
  return [
    ...(audience === undefined ? [] : [audience]),
    ...(missing.length > 0 && had.length > 0
      ? [
          `${missing.join(" ")} was asked for and is not granted: the client must be allowed it where tokens are issued`,
        ]
      : []),
    ...(facts.claims && had.length === 0 && facts.roles.length === 0
      ? ["the token names neither a scope nor a role: a server that goes by them answers 403"]
      : []),
    ...(facts.claims === null
      ? ["the token is opaque: the server, or who issued it, alone can say what is in it"]
      : []),
  ];
}

/** Entra ID's `…/.default` stands for whatever was granted. */
const isDefault = (scope: string) => scope.endsWith("/.default");
