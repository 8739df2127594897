import { oneLine } from "../../net/one-line.ts";
import { secretMethod } from "../client/authentication.ts";
import { isPlatformSource } from "../client/secrets.ts";
import type { Credentials } from "../credentials.ts";
import { entraHint } from "./entra.ts";
import { grantsForPeople } from "./for-people.ts";
import type { GivenFault } from "./given-fault.ts";
import { fateOfSecret, isAboutSecret } from "./refused-secret.ts";

/** What a server says of a refused token request (RFC 6749 §5.2). */
export interface Refused {
  error: string;
  description: string;
  /** Entra ID names its own numbers here, and as AADSTS… within the description. */
  codes: string[];
}

/** What a token was asked for with, as far as an answer is told by it. */
export interface AskedWith {
  credentials?: Credentials;
  /** Ways to prove the client that the metadata offers. */
  authMethods?: string[] | undefined;
  /** Grants that the metadata names. */
  grants?: string[] | undefined;
  /** What seems wrong with what was sent, in words that do not repeat it. */
  doubt?: string | undefined;
  /** What is wrong with a token of others that was sent. */
  fault?: GivenFault | undefined;
  /** The very same secret got a token before. */
  wasAccepted?: boolean | undefined;
}

/** A refused token request, and what was asked with. */
export interface RefusedRequest extends Refused, AskedWith {
  scope?: string | undefined;
}

/** What mends a refusal: by the server's words, by its code, by what it offers and by what was sent. */
export function hintFor(asTold: RefusedRequest): string {
  const told = { ...asTold, error: asTold.error.toLowerCase() };
  const refused = isOfSecret(told) ? { ...told, error: "invalid_client" } : told;
  const { error, credentials, doubt } = refused;
  const fault = NO_MATTER_OF_GIVEN.includes(error) ? undefined : refused.fault;
  const sendsResource = credentials?.resource !== null;
  const fate = isOfSecret(refused) ? fateOfSecret(refused) : undefined;
  const known = entraHint(refused);
  // A deleted secret is a wrong one to Entra ID.
  const isDeleted = refused.wasAccepted && fate && JSON.stringify(refused).includes("7000215");
  if (known && !isDeleted) return known;
  if (fault?.isSure) return fault.words;
  if (fate && !doubt) return `${fate}; ${byCode(refused)}`;
  if (sendsResource && refusesResource(refused))
    return `this server refuses \`resource\`: give --no-resource, or --resource URI with the name that it knows`;
  if (fault) return `${fault.words}; ${byCode(refused)}`;
  if (doubt && !NO_MATTER_OF_CLIENT.includes(error)) return `${doubt}; ${byCode(refused)}`;
  return byCode(refused);
}

/** Whether a refusal is about a client's secret. */
const isOfSecret = ({ error, description, credentials }: RefusedRequest): boolean =>
  credentials?.authentication.kind === "secret" && isAboutSecret(error, description);

/** Refusals that say nothing against the client. */
const NO_MATTER_OF_CLIENT = ["invalid_scope", "unsupported_grant_type", "server_error"];

/** Those that say nothing against a token that was given. */
const NO_MATTER_OF_GIVEN = [
  ...NO_MATTER_OF_CLIENT,
  "invalid_target",
  "unauthorized_client",
  "invalid_dpop_proof",
  "use_dpop_nonce",
];

/** Refusals whose name says what is wrong, whatever their words mention. */
const NO_MATTER_OF_RESOURCE = [
  "invalid_scope",
  "access_denied",
  "unauthorized_client",
  "unsupported_grant_type",
];

/** Whether the server's words are about the resource that tokens were asked for (RFC 8707 §2). */
const refusesResource = ({ error, description }: RefusedRequest) =>
  ["invalid_target", "invalid_resource", "unknown_resource"].includes(error) ||
  /\bresource\W{0,2} parameter\b|\bparameter\W{1,3}resource\b/i.test(description) ||
  (/\bresource\b(?! (server|owner))/i.test(description) && !NO_MATTER_OF_RESOURCE.includes(error));

/** Refusals that a server for people alone answers a machine with. */
const OF_NO_MACHINE = ["unauthorized_client", "unsupported_grant_type"];
/** Refusals that it may answer one with, while there are other reasons for them too. */
const OF_NO_MACHINE_PERHAPS = ["invalid_client", "access_denied"];

function byCode(refused: RefusedRequest): string {
  const people = grantsForPeople(refused.grants);
  const noGrant = `its metadata names no grant for machines, only ${oneLine(people?.join(", ") ?? "")}`;
  if (people && OF_NO_MACHINE.includes(refused.error))
    return `${noGrant}: it wants a person at a browser; ask its owner for a client with the client_credentials grant`;
  const hint = byError(refused);
  return people && OF_NO_MACHINE_PERHAPS.includes(refused.error)
    ? `${hint}; ${noGrant}: it may want a person at a browser`
    : hint;
}

function byError(refused: RefusedRequest): string {
  const { error, credentials, scope } = refused;
  switch (error) {
    case "invalid_client":
      return invalidClient(refused);
    case "invalid_target":
      return "this server wants to know the resource: give --resource URI in place of --no-resource";
    case "invalid_scope":
      return scope === undefined
        ? "this server wants a scope: give --scope NAME"
        : `the scope asked for was ${scope}: give --scope with what the client is allowed`;
    case "invalid_request":
      return credentials?.resource !== null
        ? "some servers refuse what they do not know: try --no-resource; others want --scope or --audience"
        : "the server misses or refuses a parameter: check --scope, --audience and --token-param";
    case "invalid_grant":
      return refusedGrant(credentials);
    case "unauthorized_client":
    case "unsupported_grant_type":
      return `without a person at a browser this client is allowed nothing there: it must be allowed the ${grantName(credentials)} grant at the authorization server (service accounts in Keycloak, machine to machine in Auth0)`;
    case "access_denied":
      return credentials?.audience === undefined
        ? "the client is not allowed this; Auth0 wants the API named with --audience, Okta an access policy for the client"
        : "check --audience, and that the client is authorized for that API";
    case "invalid_dpop_proof":
    case "use_dpop_nonce":
      return "the server refuses the proof of possession: check this machine's clock";
    case "server_error":
      return "the fault is the server's: try again later";
    default:
      return "check what the client is allowed to do, --scope, --audience and --resource; m2mcp doctor shows each step";
  }
}

/** A grant as servers name it. */
const grantName = (credentials: Credentials | undefined): string => {
  if (credentials?.grant === "token-exchange") return "token-exchange";
  return credentials?.grant === "jwt-bearer" || credentials?.grant === "id-jag"
    ? "jwt-bearer"
    : "client_credentials";
};

/** What was given for the token was not good. */
function refusedGrant(credentials: Credentials | undefined): string {
  switch (credentials?.grant) {
    case "jwt-bearer":
      return `the assertion was not accepted: check whom it is for${audienceOption(credentials.assertion)}, how old it is, and that the server trusts its issuer`;
    case "id-jag":
      return "the identity provider's grant was not accepted: the server must trust that provider, and the grant must name this client (--client-id) as the server knows it";
    case "token-exchange":
      return "the subject token was not accepted: check its type (--subject-token-type), whom it is for, how old it is, and that the server trusts its issuer";
    default:
      return "check what the client is allowed to do";
  }
}

/** What changes whom an assertion is for, where one is made for it: a file or a command yields the same whomever it is for. */
const audienceOption = (source: Credentials["assertion"]): string =>
  source && (source.from === "signed" || isPlatformSource(source)) ? " (--assertion-audience)" : "";

function invalidClient({ credentials, authMethods }: RefusedRequest): string {
  switch (credentials?.authentication.kind) {
    case "private_key":
      return `check --client-id, --key-id, --signing-alg and that the server has this key's public half; Okta and Entra ID want --assertion-audience token-endpoint`;
    case "assertion":
      return `check --client-id, and that the server trusts the assertion's issuer, subject and audience${audienceOption(credentials.authentication.assertion)}`;
    case "tls":
      return `check --client-id, and that the server knows the certificate (--client-cert)`;
    case "none":
      return "this client must prove itself: give --client-secret or --private-key";
    case "secret":
      return wrongSecret(credentials.authentication.method, authMethods);
    case undefined:
      return wrongSecret(undefined, authMethods);
  }
}

/** Names the way of sending a secret that was not tried, and what the server takes in place of secrets. */
function wrongSecret(asked: string | undefined, offered: string[] | undefined): string {
  const sent = secretMethod(asked, offered);
  const other = sent === "basic" ? "client_secret_post" : "client_secret_basic";
  const check = `check --client-id and the secret, --client-secret`;
  const takesSecrets = !offered || offered.some((method) => method.startsWith("client_secret_"));
  return takesSecrets
    ? `${check}; it was sent by client_secret_${sent}, --auth-method ${other} sends it the other way`
    : `${check}; this server offers ${offered.join(", ")} and no secrets: --private-key PATH, or --client-cert`;
}
