// Where Azure hands out managed identities, as its REST references describe: "Managed identities for App Service",
// "How to use managed identities on a virtual machine", "Azure Arc-enabled servers".
import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "../mcp/scripted.ts";
import { type Serving, serveHttp } from "../net/listen.ts";
import { mintToken } from "./token.ts";

export const IDENTITY_HEADER = "853b9a84-5bfa-4b22-a3f3-0b9a43d9ad8a";
/** The machine's own identity, and one that is assigned besides: by client, object and resource id. */
const OWN = "11111111-0000-0000-0000-000000000001";
export const USER = {
  client: "22222222-0000-0000-0000-000000000001",
  object: "22222222-0000-0000-0000-000000000002",
  resource: "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u",
};

export interface AzureFake extends Serving {
  asked: string[];
  /** Of the Arc agent: what its challenge names, and the key in it. */
  arc: { realm: string; key: string; confirms: boolean };
}

export async function startAzure(
  before: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
): Promise<AzureFake> {
  const asked: string[] = [];
  const arc = { realm: "/var/opt/azcmagent/tokens/none.key", key: "none", confirms: true };
  const server = await serveHttp((request, response) => {
    asked.push(request.url ?? "");
    if (before(request, response)) return;
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://azure");
    // Libraries of Azure's put a slash behind it.
    switch (pathname.replace(/\/$/, "")) {
      case "/msi/token":
        if (request.headers["x-identity-header"] !== IDENTITY_HEADER)
          return json(response, { statusCode: 401, message: "Bad identity header" }, 401);
        return grant(response, searchParams, { version: "2019-08-01", resourceId: "mi_res_id" });
      case "/metadata/versions":
        return json(response, { apiVersions: ["2017-08-01", "2021-02-01"] });
      case "/metadata/identity/oauth2/token":
        if (request.headers.metadata !== "true" || "x-forwarded-for" in request.headers)
          return json(
            response,
            { error: "invalid_request", error_description: "Required metadata header not specified" },
            400,
          );
        return grant(response, searchParams, { version: "2018-02-01", resourceId: "msi_res_id" });
      case "/arc/token": {
        if (request.headers.metadata !== "true") return json(response, { error: "invalid_request" }, 400);
        if (request.headers.authorization === undefined)
          return response.writeHead(401, { "www-authenticate": `Basic realm=${arc.realm}` }).end();
        if (request.headers.authorization !== `Basic ${arc.key}`)
          return json(response, { error: "forbidden" }, 403);
        const more = arc.confirms ? { client_id: searchParams.get("client_id") } : {};
        return grant(response, searchParams, { version: "2020-06-01", resourceId: "msi_res_id" }, more);
      }
      default:
        return json(response, {}, 404);
    }
  });
  return { ...server, asked, arc };
}

interface Rules {
  version: string;
  /** What a resource id is called there. */
  resourceId: string;
}

function grant(response: ServerResponse, asked: URLSearchParams, { version, resourceId }: Rules, more = {}) {
  const resource = asked.get("resource");
  if (asked.get("api-version") !== version || !resource)
    return json(response, { error: "invalid_request", error_description: "api-version" }, 400);
  const chosen = [
    ["client_id", USER.client],
    ["object_id", USER.object],
    [resourceId, USER.resource],
  ].filter(([name]) => asked.has(name ?? ""));
  if (chosen.some(([name = "", id]) => asked.get(name) !== id) || chosen.length > 1)
    return json(response, { error: "invalid_request", error_description: "Identity not found" }, 400);
  const oid = chosen.length === 1 ? USER.object : OWN;
  json(response, {
    access_token: mintToken({
      iss: "https://login.microsoftonline.com/tenant/v2.0",
      aud: resource,
      sub: oid,
      oid,
    }),
    expires_on: "4102444800",
    resource,
    token_type: "Bearer",
    ...more,
  });
}
