import type { IdentityProvider } from "../../credentials.ts";
import type { GivenFault } from "../given-fault.ts";
import type { Refused } from "../hints.ts";

/** What was asked of an identity provider. */
export interface AskedToVouch {
  provider: IdentityProvider;
  /** What is wrong with the person's token. */
  fault: GivenFault | undefined;
  /** The authorization server that the grant is for. */
  audience: string | undefined;
}

/** Refusals that name something else than the token that was given. */
const NOT_OF_TOKEN = [
  "access_denied",
  "invalid_target",
  "invalid_client",
  "unauthorized_client",
  "unsupported_grant_type",
];

/** Whether a refusal may be about the token that was given (RFC 8693 §2.2.2): another may be taken. */
export const mayBeOfToken = (error: string): boolean => !NOT_OF_TOKEN.includes(error.toLowerCase());

/** What mends an identity provider's refusal to vouch for a person (RFC 6749 §5.2, RFC 8693 §2.2.2). */
export function vouchingHint(
  { error }: Refused,
  { provider, fault, audience = "the server" }: AskedToVouch,
): string {
  if (error === "server_error") return "the fault is the identity provider's: try again later";
  if (fault?.isSure) return `${fault.words}, or give a refresh token`;
  switch (error.toLowerCase()) {
    case "invalid_client":
      return provider.authentication.kind === "none"
        ? "the identity provider wants the client to prove itself: give --idp-client-secret or --idp-private-key"
        : "check --idp-client-id and the proof for it, which may be others than at the server's authorization server";
    case "invalid_grant":
      return "the identity was not accepted: it must be of this identity provider, and for --idp-client-id";
    case "invalid_target":
    case "access_denied":
      return `the identity provider does not let this client act for this person at ${audience}: its administrator connects the two`;
    case "invalid_scope":
      return "give --scope with what the identity provider allows for this server";
    case "unsupported_grant_type":
    case "unauthorized_client":
      return "the identity provider must allow this client token exchange for an ID-JAG (Okta: cross app access)";
    case "invalid_request":
    case "unsupported_token_type":
      return "check --subject-token-type: id_token, saml2 or refresh_token; the identity provider may not know ID-JAG";
    default:
      return "the identity provider refused, not the server: m2mcp doctor shows which of the two";
  }
}
