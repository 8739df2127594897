import { askService } from "../answer.ts";
import { noIdentity } from "../errors.ts";
import type { Platform } from "../platform.ts";
import { audiencesOf, isFor, requireJwt } from "../token-claims.ts";
import { headerFrom, serviceAddress } from "../variables.ts";

const TITLE = "Azure DevOps";
const [URL_VARIABLE, TOKEN_VARIABLE] = ["SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN"] as const;
/** What the tasks of Azure set where a service connection is theirs. */
const CONNECTION_VARIABLE = "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID";
const API_VERSION = "7.1";

/** The OIDC token of a pipeline's job ("Oidctoken - Create" of Azure DevOps), whose audience is always Entra ID's. */
export const azureDevops: Platform = {
  title: TITLE,
  lookedFor: `the variables ${URL_VARIABLE} and ${TOKEN_VARIABLE}`,
  find: async ({ env }) => (env[URL_VARIABLE] ? `the variable ${URL_VARIABLE}` : undefined),

  async identify({ audience, isNamed, identity }, deps) {
    const { env } = deps;
    const { [URL_VARIABLE]: url, [TOKEN_VARIABLE]: token } = env;
    if (!url)
      throw noIdentity(
        TITLE,
        `the variable ${URL_VARIABLE} is not set`,
        "run this in a job of Azure Pipelines",
      );
    // A macro that nothing expanded is what a job has that may not see the token.
    if (!token || /^\$\(/.test(token))
      throw noIdentity(
        TITLE,
        `the variable ${TOKEN_VARIABLE} is not set`,
        `give the step env: { ${TOKEN_VARIABLE}: $(System.AccessToken) }`,
      );
    const connection = identity ?? env[CONNECTION_VARIABLE];
    const address = serviceAddress(TITLE, URL_VARIABLE, url);
    const secret = headerFrom(TITLE, TOKEN_VARIABLE, token);
    address.searchParams.set("api-version", API_VERSION);
    if (connection) address.searchParams.set("serviceConnectionId", connection);
    const hint = hintFor(connection);
    // Else a token that does not count leads to a page where people sign in.
    const headers = { "content-type": "application/json", "x-tfs-fedauthredirect": "Suppress" };
    const asked = { address, secret, member: "oidcToken", hint, method: "POST", headers, body: "" } as const;
    const value = await askService(TITLE, asked, deps);
    const claims = requireJwt(TITLE, "its answer", value, hint);
    if (isNamed && !isFor(claims, audience))
      throw noIdentity(
        TITLE,
        `its tokens are for ${audiencesOf(claims)}, not for ${audience}`,
        "leave --assertion-audience out, and have the server take this audience",
      );
    return { token: value };
  },
};

const hintFor = (connection: string | undefined) =>
  connection
    ? `check that --assertion-identity or ${CONNECTION_VARIABLE} is the id of a service connection with workload identity federation that this pipeline may use`
    : `name the service connection with --assertion-identity ID or ${CONNECTION_VARIABLE}, and authorize this pipeline for it`;
