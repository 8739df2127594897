import type { Credentials } from "../credentials.ts";

const NO_RESOURCE = `this server refuses \`resource\`: give --no-resource`;
const SCOPE = "Entra ID wants one scope of the form --scope api://…/.default";
const CERTIFICATE =
  "upload the certificate of the key to the app registration, and name it with --certificate cert.pem";
const FEDERATED =
  "the app registration needs a federated credential with exactly the issuer, subject and audience of the assertion; --assertion-audience api://AzureADTokenExchange names Entra ID's usual audience";
const CLOCK = "check this machine's clock: an assertion is good for a minute";
const UNKNOWN_APP = "the app of the scope is not known in this tenant: check --scope api://APP/.default";

/** What mends Entra ID's refusals, by its codes. */
const HINTS: Record<string, string> = {
  "9010010": NO_RESOURCE,
  "901002": NO_RESOURCE,
  "70011": SCOPE,
  "1002012": SCOPE,
  "900144": SCOPE,
  "500011": UNKNOWN_APP,
  "7000215": "the secret is wrong: give the secret's value, not its id",
  "7000222": "the secret has expired: make a new one, then m2mcp login again",
  "700016": "the client is not known in this tenant: check --client-id",
  "90002": "the tenant is not known: check the authorization server that the MCP server names",
  "700027": CERTIFICATE,
  "700021": "the assertion is for another client: check --client-id",
  "700023": "give --assertion-audience token-endpoint",
  "700024": CLOCK,
  "50027": CERTIFICATE,
  "70021": FEDERATED,
  "700211": FEDERATED,
  "700212": FEDERATED,
  "700213": FEDERATED,
};

/** What Entra ID says of a refusal: its numbers, also as AADSTS… within the description. */
interface EntraRefusal {
  codes: string[];
  description: string;
  credentials?: Credentials;
}

/** What mends a refusal that bears one of Entra ID's codes; undefined for another. */
export function entraHint({ codes, description, credentials }: EntraRefusal): string | undefined {
  const named = [...codes, ...[...description.matchAll(/AADSTS(\d+)/g)].map(([, code]) => code ?? "")];
  const code = named.find((one) => Object.hasOwn(HINTS, one));
  const hint = code === undefined ? undefined : HINTS[code];
  // What others have signed is dated by their clock, and has their certificate.
  if (credentials?.authentication.kind === "assertion" && (hint === CLOCK || hint === CERTIFICATE))
    return undefined;
  // The principal that is not found may be the "resource" as well as the scope's app.
  return hint === UNKNOWN_APP && credentials?.resource !== null
    ? `${hint}, or leave out \`resource\` with --no-resource`
    : hint;
}
