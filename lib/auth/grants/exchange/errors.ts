// Failures of what goes ahead of a token request.
import { M2mcpError } from "../../../failure.ts";
import { oneLine } from "../../../net/one-line.ts";
import { authError } from "../../errors.ts";

export const noProvider = () =>
  authError(
    "no_identity_provider",
    "nothing says which identity provider vouches for the person: the identity is no ID token",
    "give --idp-issuer URL",
  );

export const noIssuerForGrant = () =>
  authError(
    "no_identity_provider",
    "the identity provider must be told whom its grant is for, and no authorization server is known by name",
    "give --issuer URL beside --token-endpoint",
  );

/** @param issuer as the person's token names it */
export const junkIssuer = (issuer: string) =>
  authError(
    "no_identity_provider",
    `the person's token names an issuer that is no http(s) address: ${oneLine(issuer, 100) || "it is empty"}`,
    "see that it is an ID token of the identity provider, or give --idp-issuer URL",
  );

const NO_WAY = [
  "no_metadata",
  "issuer_mismatch",
  "invalid_metadata",
  "redirect",
  "metadata_refused",
  "directed_inward",
];

/** What discovery found wrong, as the identity provider's fault. @param isNamed whether the user said who it is */
export function ofIdentityProvider(error: unknown, isNamed: boolean): unknown {
  if (!(error instanceof M2mcpError) || !NO_WAY.includes(error.code)) return error;
  const source = isNamed
    ? "check --idp-issuer URL"
    : "the person's token names it: if it is another, give --idp-issuer URL";
  return new M2mcpError(
    error.code,
    error.exitCode,
    `the identity provider is not found by its issuer: ${error.message}`,
    `${source}; --idp-token-endpoint URL goes without its metadata`,
  );
}
