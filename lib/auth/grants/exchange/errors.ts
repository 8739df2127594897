// Failures of what goes ahead of a token request.
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
