import type { Discovered } from "../../credentials.ts";

/** An identity provider as discovery found it, and what it gave in place of a SAML assertion. */
export interface KnownProvider
  extends Pick<Discovered, "tokenEndpoint" | "authMethods" | "signingAlgs" | "discoveredAtMs"> {
  issuer: string;
  refreshToken?: string;
}
