import { M2mcpError } from "../../failure.ts";
import type { JsonObject } from "../../json.ts";
import type { AuthDeps } from "../deps.ts";
import { probeEndpoint } from "../discovery/explain.ts";
import { issuerDocument, listsIn } from "../discovery/issuer.ts";
import { identifier, identifiers } from "../discovery/look-up.ts";
import { MAX_ISSUERS, ownIssuers } from "../discovery/places.ts";
import type { ProbeAnswer } from "../discovery/probe.ts";
import { discoverResource, type ResourceMetadata } from "../discovery/resource.ts";
import { type AddressCheck, addressCheck } from "../discovery/url.ts";

/** What one authorization server says of itself (RFC 8414 §2), or why that is not known. */
export interface IssuerSurvey {
  issuer: string;
  tokenEndpoint?: string;
  /** `grant_types_supported`; absent where it is not said. */
  grants?: string[];
  authMethods?: string[];
  signingAlgs?: string[];
  scopes?: string[];
  /** Proofs of possession that it takes (RFC 9449 §5.1). */
  dpopAlgs?: string[];
  /** Tokens are bound to a client certificate (RFC 8705 §3.3). */
  certificateBound?: true;
  failure?: { name: string; message: string };
}

/** What a server asks for on the way to a token, found without one. */
export interface AuthorizationSurvey {
  /** Whether a request without a token is refused for want of one. */
  required: boolean;
  /** HTTP status of such a request. */
  status: number;
  challenge?: { scheme: string; resourceMetadata?: string; scope?: string };
  /** The protected resource metadata (RFC 9728); absent where there is none. */
  resource?: { resource: string; authorizationServers: string[]; scopes?: string[]; dpopRequired?: true };
  /** Why the metadata that there is cannot be used. */
  resourceFailure?: { name: string; message: string };
  authorizationServers: IssuerSurvey[];
}

/**
 * Asks a server and its authorization servers what they are; sends no credentials, asks for no token.
 *
 * @throws M2mcpError not_mcp, sign_in_page where there is no MCP endpoint; network failures (exit 3); insecure_url, directed_inward
 */
export async function surveyAuthorization(deps: AuthDeps, server: string): Promise<AuthorizationSurvey> {
  const reached = await probeEndpoint(deps, server);
  const check = addressCheck(server, {}, deps.allowHttp);
  const { found, reason } = await orReason(() => discoverResource(deps, check, server, reached.challenge));
  const named = found?.issuers ?? [];
  // A server that names none is its own, where it wants a token (MCP 2025-03-26).
  const issuers = named.length > 0 ? named : reached.wantsToken ? ownIssuers(server) : [];
  const surveys: IssuerSurvey[] = [];
  for (const issuer of issuers.slice(0, MAX_ISSUERS)) surveys.push(await surveyIssuer(deps, check, issuer));
  const known = surveys.filter((one) => one.failure === undefined);
  return {
    required: reached.wantsToken,
    status: reached.status,
    ...challengeOf(reached),
    ...(found ? { resource: resourceIn(found) } : {}),
    ...(reason ? { resourceFailure: failureOf(reason) } : {}),
    authorizationServers: named.length > 0 ? surveys : known.slice(0, 1),
  };
}

async function orReason<T>(
  work: () => Promise<{ found?: T; reason?: M2mcpError }>,
): Promise<{ found?: T; reason?: M2mcpError }> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof M2mcpError) return { reason: error };
    throw error;
  }
}

const failureOf = ({ code, message }: M2mcpError) => ({ name: code, message });

function challengeOf({ challenge }: ProbeAnswer): Pick<AuthorizationSurvey, "challenge"> {
  if (!challenge) return {};
  const { resource_metadata: place, scope } = challenge.params;
  return {
    challenge: {
      scheme: challenge.scheme,
      ...(place ? { resourceMetadata: place } : {}),
      ...(scope ? { scope } : {}),
    },
  };
}

const resourceIn = ({ resource, issuers, scopes, dpop }: ResourceMetadata) => ({
  resource,
  authorizationServers: issuers,
  ...(scopes ? { scopes } : {}),
  ...(dpop ? { dpopRequired: true as const } : {}),
});

async function surveyIssuer(deps: AuthDeps, check: AddressCheck, issuer: string): Promise<IssuerSurvey> {
  try {
    return { issuer, ...issuerIn(await issuerDocument(deps, check, issuer)) };
  } catch (error) {
    if (error instanceof M2mcpError) return { issuer, failure: failureOf(error) };
    throw error;
  }
}

function issuerIn(document: JsonObject): Omit<IssuerSurvey, "issuer"> {
  const tokenEndpoint = identifier(document.token_endpoint);
  const scopes = identifiers(document.scopes_supported);
  return {
    ...(tokenEndpoint === undefined ? {} : { tokenEndpoint }),
    ...listsIn(document),
    ...(scopes ? { scopes } : {}),
    ...(document.tls_client_certificate_bound_access_tokens === true ? { certificateBound: true } : {}),
  };
}
