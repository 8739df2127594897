export const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
export const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

const URN = "urn:ietf:params:oauth:token-type:";

/** Types of tokens (RFC 8693 §3, draft-ietf-oauth-identity-assertion-authz-grant §3). */
export const TOKEN_TYPE = {
  access_token: `${URN}access_token`,
  refresh_token: `${URN}refresh_token`,
  id_token: `${URN}id_token`,
  jwt: `${URN}jwt`,
  saml1: `${URN}saml1`,
  saml2: `${URN}saml2`,
  id_jag: `${URN}id-jag`,
} as const;

/** A type as users write it, as URI; undefined where it is none. */
export function tokenType(text: string): string | undefined {
  const name = text.toLowerCase().replaceAll("-", "_");
  if (name in TOKEN_TYPE) return TOKEN_TYPE[name as keyof typeof TOKEN_TYPE];
  return URL.canParse(text) ? text : undefined;
}
