import type { Credentials } from "../credentials.ts";

/** A refused token request (RFC 6749 §5.2), and what was asked with. */
export interface RefusedRequest {
  error: string;
  description: string;
  /** Entra ID names its own numbers here, and as AADSTS… within the description. */
  codes: string[];
  credentials?: Credentials;
  scope?: string | undefined;
}

const NO_RESOURCE = "this server refuses `resource`: give --no-resource";
const ENTRA_SCOPE = "Entra ID wants one scope of the form --scope api://…/.default";
const ENTRA_CERTIFICATE =
  "upload the certificate of the key to the app registration, and name it with --certificate cert.pem";
const FEDERATED =
  "the app registration needs a federated credential with exactly the issuer, subject and audience of the assertion; --assertion-audience api://AzureADTokenExchange names Entra ID's usual audience";
const CLOCK = "check this machine's clock: an assertion is good for a minute";

/** What mends Entra ID's refusals, by its codes. */
const ENTRA: Record<string, string> = {
  "9010010": NO_RESOURCE,
  "901002": NO_RESOURCE,
  "70011": ENTRA_SCOPE,
  "1002012": ENTRA_SCOPE,
  "900144": ENTRA_SCOPE,
  "500011": "the app of the scope is not known in this tenant: check --scope api://APP/.default",
  "7000215": "the secret is wrong: give the secret's value, not its id",
  "7000222": "the secret has expired: make a new one, then m2mcp login again",
  "700016": "the client is not known in this tenant: check --client-id",
  "90002": "the tenant is not known: check the authorization server that the MCP server names",
  "700027": ENTRA_CERTIFICATE,
  "700021": "the assertion is for another client: check --client-id",
  "700023": "give --assertion-audience token-endpoint",
  "700024": CLOCK,
  "50027": ENTRA_CERTIFICATE,
  "70021": FEDERATED,
  "700211": FEDERATED,
  "700212": FEDERATED,
  "700213": FEDERATED,
};

/** What mends a refusal, by its code and by what was sent. */
export function hintFor({ error, description, codes, credentials, scope }: RefusedRequest): string {
  const named = [...codes, ...[...description.matchAll(/AADSTS(\d+)/g)].map(([, code]) => code ?? "")];
  const known = named.map((code) => ENTRA[code]).find((hint) => hint !== undefined);
  if (known) return known;
  const sendsResource = credentials?.resource !== null;
  switch (error) {
    case "invalid_client":
      return invalidClient(credentials);
    case "invalid_target":
      return sendsResource
        ? "check --resource URI, or leave it out with --no-resource"
        : "this server wants to know the resource: give --resource URI in place of --no-resource";
    case "invalid_scope":
      return scope === undefined
        ? "this server wants a scope: give --scope NAME"
        : `the scope asked for was ${scope}: give --scope with what the client is allowed`;
    case "invalid_request":
      return sendsResource
        ? "some servers refuse what they do not know: try --no-resource; others want --scope or --audience"
        : "the server misses or refuses a parameter: check --scope, --audience and --token-param";
    case "invalid_grant":
      return credentials?.grant === "jwt-bearer"
        ? "the assertion was not accepted: check whom it is for (--assertion-audience), how old it is, and that the server trusts its issuer"
        : "check what the client is allowed to do";
    case "unauthorized_client":
    case "unsupported_grant_type":
      return `the client must be allowed the ${credentials?.grant === "jwt-bearer" ? "jwt-bearer" : "client_credentials"} grant at the authorization server (service accounts in Keycloak, machine to machine in Auth0)`;
    case "access_denied":
      return credentials?.audience === undefined
        ? "the client is not allowed this; Auth0 wants the API named with --audience, Okta an access policy for the client"
        : "check --audience, and that the client is authorized for that API";
    case "invalid_dpop_proof":
    case "use_dpop_nonce":
      return "the server refuses the proof of possession: check this machine's clock";
    case "temporarily_unavailable":
    case "server_error":
      return "the fault is the server's: try again later";
    default:
      return "check what the client is allowed to do, --scope, --audience and --resource; m2mcp doctor shows each step";
  }
}

function invalidClient(credentials: Credentials | undefined): string {
  switch (credentials?.authentication.kind) {
    case "private_key":
      return "check --client-id, --key-id, --signing-alg and that the server has this key's public half; Okta and Entra ID want --assertion-audience token-endpoint";
    case "assertion":
      return "check --client-id, and that the server trusts the assertion's issuer, subject and audience (--assertion-audience)";
    case "tls":
      return "check --client-id, and that the server knows the certificate (--client-cert)";
    case "none":
      return "this client must prove itself: give --client-secret or --private-key";
    default:
      return "check --client-id and --client-secret; --auth-method client_secret_post or client_secret_basic changes how it is sent";
  }
}
