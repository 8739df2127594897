// Prints the client assertion that Azure's own library sends to Entra ID with a pipeline's token. Argument: service
// connection. Entra ID itself is answered here: who is asked over the network is the pipeline's token service alone.
import { AzurePipelinesCredential } from "@azure/identity";

const ENTRA = "https://login.example";
const TENANT = "11111111-2222-3333-4444-555555555555";
const at = `${ENTRA}/${TENANT}`;
const METADATA = {
  issuer: `${at}/v2.0`,
  authorization_endpoint: `${at}/oauth2/v2.0/authorize`,
  token_endpoint: `${at}/oauth2/v2.0/token`,
  jwks_uri: `${at}/keys`,
};
let assertion = "none";
const policy = {
  name: "entra",
  async sendRequest(request, next) {
    if (!request.url.startsWith(ENTRA))
      return next(Object.assign(request, { allowInsecureConnection: true }));
    const isToken = request.url.startsWith(METADATA.token_endpoint);
    if (isToken) assertion = new URLSearchParams(request.body).get("client_assertion");
    const body = isToken ? { token_type: "Bearer", expires_in: 3599, access_token: "access" } : METADATA;
    return { request, status: 200, headers: request.headers, bodyAsText: JSON.stringify(body) };
  },
};
const credential = new AzurePipelinesCredential(
  TENANT,
  TENANT,
  process.argv[2],
  process.env.SYSTEM_ACCESSTOKEN,
  {
    authorityHost: ENTRA,
    disableInstanceDiscovery: true,
    additionalPolicies: [{ policy, position: "perCall" }],
  },
);
await credential.getToken("api://x/.default");
process.stdout.write(assertion);
