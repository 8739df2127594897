import { audienceAsked, type TokenRequest } from "../client/authentication.ts";
import { isPlatformSource } from "../client/secrets.ts";
import type { AssertionSource, Credentials, Discovered } from "../credentials.ts";
import { audienceFor, expectedAudience } from "../platforms/audience.ts";
import { TOKEN_TYPE } from "./exchange/token-types.ts";
import type { Given } from "./given-fault.ts";

/** Types that are JWTs. */
const JWT_TYPES: readonly (string | null)[] = [TOKEN_TYPE.jwt, TOKEN_TYPE.id_token];

/** The tokens of others in a token request: what a key of ours signs is judged by nobody here. */
export function givenIn({ body }: TokenRequest, credentials: Credentials, found: Discovered): Given[] {
  const { authentication, assertion } = credentials;
  const given: Given[] = [];
  const add = (name: string, more: Omit<Given, "token">) => {
    const token = body.get(name);
    if (token) given.push({ token, ...more });
  };
  if (authentication.kind === "assertion") {
    const isJwt = /:jwt-(bearer|spiffe)$/.test(body.get("client_assertion_type") ?? "");
    add("client_assertion", {
      what: "the assertion",
      isJwt,
      recipients: recipients(credentials, found, "client", authentication.assertion),
    });
  }
  if (credentials.grant === "jwt-bearer" && assertion && assertion.from !== "signed")
    add("assertion", {
      what: "the assertion",
      isJwt: true,
      recipients: recipients(credentials, found, "grant", assertion),
    });
  if (credentials.grant === "token-exchange")
    for (const name of ["subject", "actor"])
      add(`${name}_token`, {
        what: `the ${name} token`,
        isJwt: JWT_TYPES.includes(body.get(`${name}_token_type`)),
      });
  return given;
}

/** Whom an assertion is for, by all names that the server has; the one that is expected comes first. */
function recipients(
  credentials: Credentials,
  found: Discovered,
  use: "client" | "grant",
  source: AssertionSource,
): string[] {
  const asked = audienceAsked(credentials, found, use);
  const from = isPlatformSource(source) ? source.from : "auto";
  const expected = from === "auto" ? expectedAudience(asked) : audienceFor(from, asked);
  const { issuer, tokenEndpoint } = found;
  return [...new Set([expected, issuer, tokenEndpoint].filter((one) => one !== undefined))];
}
