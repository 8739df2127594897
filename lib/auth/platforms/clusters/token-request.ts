import { objectOf } from "../../../json.ts";
import { inWords, noIdentityAfter } from "../answer.ts";
import { noIdentity } from "../errors.ts";
import { type DirectAnswer, type Identity, identityOf, type PlatformDeps } from "../platform.ts";

export const TITLE = "Kubernetes";
/** The API server refuses less, in seconds. */
const SHORTEST_S = 600;

/** What a pod asks the API server with: the files of its service account, and whose token it wants. */
export interface Account {
  /** Token, `ca.crt` and `namespace` of the service account are in it. */
  folder: string;
  /** What proves the pod to the API server. */
  token: string;
  namespace: string;
  /** The service account that the token shall be of. */
  name: string;
}

/** What the token is asked for. */
interface Wanted {
  audience: string;
  /** How long it should be good; the API server decides. */
  lifetimeS?: number | undefined;
}

/**
 * A token for an audience of its own (Kubernetes API, `TokenRequest` of authentication.k8s.io/v1).
 *
 * @throws M2mcpError no_identity: what the API server said, and the right that the pod lacks
 */
export async function requestAccountToken(
  account: Account,
  wanted: Wanted,
  deps: PlatformDeps,
): Promise<Identity> {
  const { folder, token, namespace, name } = account;
  const { audience, lifetimeS = SHORTEST_S } = wanted;
  const server = serverFrom(deps.env);
  if (server === undefined)
    throw noIdentity(
      TITLE,
      "the variable KUBERNETES_SERVICE_HOST is not set",
      `run this in a pod, or ${project(audience)}`,
    );
  const ca = await deps.readFile(`${folder}/ca.crt`, { maxBytes: 1024 * 1024 });
  if (!ca)
    throw noIdentity(
      TITLE,
      `there is no ${folder}/ca.crt, by which the API server is known`,
      project(audience),
    );
  const [of, at] = [encodeURIComponent(name), encodeURIComponent(namespace)];
  const spec = { audiences: [audience], expirationSeconds: Math.max(lifetimeS, SHORTEST_S) };
  const answer = await deps.askDirect(
    `https://${server}/api/v1/namespaces/${at}/serviceaccounts/${of}/token`,
    {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        accept: "application/json",
        "content-type": "application/json",
      },
      body: JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec }),
    },
    { ca, timeoutMs: deps.timeoutMs },
  );
  if ("unanswered" in answer)
    throw noIdentity(TITLE, `the API server ${server}: ${answer.unanswered}`, project(audience));
  if (answer.status < 200 || answer.status > 299)
    throw refused(answer, token, `${namespace}/${name}`, audience);
  return identityIn(answer.json, audience);
}

/** The API server as a pod's environment names it. */
function serverFrom(env: PlatformDeps["env"]): string | undefined {
  const host = env.KUBERNETES_SERVICE_HOST;
  const port = env.KUBERNETES_SERVICE_PORT_HTTPS || env.KUBERNETES_SERVICE_PORT || "443";
  if (!host) return undefined;
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function identityIn(json: unknown, audience: string): Identity {
  const status = objectOf(objectOf(json).status);
  if (typeof status.token !== "string" || status.token === "")
    throw noIdentity(TITLE, "the answer of the API server holds none", project(audience));
  return identityOf(status.token, status.expirationTimestamp);
}

/** What to do where the pod may not ask by itself. */
export const project = (audience: string) =>
  `mount a projected volume at /var/run/secrets/tokens with serviceAccountToken: { path: mcp, audience: ${audience} }`;

function refused(answer: DirectAnswer, token: string, who: string, audience: string) {
  switch (answer.status) {
    case 403:
      return noIdentity(
        TITLE,
        `the API server does not let this pod make tokens of the service account ${who} (HTTP status 403)`,
        `grant it create on serviceaccounts/token (RBAC), or ${project(audience)}`,
      );
    case 404:
      return noIdentity(
        TITLE,
        `there is no service account ${who}`,
        "check --assertion-identity, NAME or NAMESPACE/NAME",
      );
    default:
      return noIdentityAfter(
        answer.status,
        TITLE,
        `the API server: ${inWords(answer, [token])}`,
        `check the audience, ${audience}, and the pod's service account; or ${project(audience)}`,
      );
  }
}
