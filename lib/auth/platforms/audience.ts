import type { PlatformName } from "./names.ts";

/** The authorization server that a token is for, and as what it is sent there. */
export interface AudienceOf {
  /** `client` proves the client (RFC 7523 §2.2), `grant` is the grant itself (§2.1). */
  use: "client" | "grant";
  issuer?: string | undefined;
  tokenEndpoint: string;
}

/** Whom a token is for: as the user named it, or the authorization server, by the name that it expects. */
export type Audience = string | AudienceOf;

/** The audience that Entra ID expects of assertions of other issuers, by the host of its clouds. */
const ENTRA: [host: RegExp, audience: string][] = [
  [/^(login\.microsoftonline\.us|login\.usgovcloudapi\.net)$/, "api://AzureADTokenExchangeUSGov"],
  [/^(login\.partner\.microsoftonline\.cn|login\.chinacloudapi\.cn)$/, "api://AzureADTokenExchangeChina"],
  [
    /^(login\.microsoftonline\.com|login\.microsoft\.com|login\.windows\.net|sts\.windows\.net)$/,
    "api://AzureADTokenExchange",
  ],
];

/** A managed identity has tokens only for what its tenant knows, which an issuer elsewhere is not. */
const OWN: Partial<Record<PlatformName, string>> = { azure: "api://AzureADTokenExchange" };

/**
 * The `aud` of a token that is given to a server: the name that the server expects there. Entra ID has one of its own; a
 * client is proved to the issuer (RFC 7523bis), a grant is for the token endpoint (RFC 7523 §3, and MCP's workload identity
 * federation).
 */
export function expectedAudience(audience: Audience): string {
  if (typeof audience === "string") return audience;
  const { use, issuer, tokenEndpoint } = audience;
  return entraAt(audience) ?? (use === "client" ? (issuer ?? tokenEndpoint) : tokenEndpoint);
}

/** The same of a platform's token. */
export function audienceFor(platform: PlatformName, audience: Audience): string {
  const own = typeof audience === "string" || entraAt(audience) ? undefined : OWN[platform];
  return own ?? expectedAudience(audience);
}

const entraAt = ({ tokenEndpoint }: AudienceOf): string | undefined =>
  ENTRA.find(([pattern]) => pattern.test(new URL(tokenEndpoint).hostname))?.[1];
