// Azure: managed and workload identities, wherever this runs.
import { askTwice } from "../../answer.ts";
import { noIdentity } from "../../errors.ts";
import { isJwt } from "../../jwt.ts";
import type { Identity, Platform, PlatformDeps } from "../../platform.ts";
import { headerFrom, nearAddress } from "../../variables.ts";
import { askArc, findsAgent } from "./arc.ts";
import {
  managedToken,
  PARAMETERS,
  SWITCH_ON,
  TITLE,
  type UserAssigned,
  userAssigned,
} from "./managed-identity.ts";

const FILE = "AZURE_FEDERATED_TOKEN_FILE";
const APP_SERVICE_VERSION = "2019-08-01";
const MACHINE_ADDRESS = "http://169.254.169.254";
const MACHINE_VERSION = "2018-02-01";

/** Where the metadata of a virtual machine is. */
const machine = ({ env }: Pick<PlatformDeps, "env">): URL =>
  nearAddress(
    TITLE,
    "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    env.AZURE_POD_IDENTITY_AUTHORITY_HOST || MACHINE_ADDRESS,
  );

/** Which of Azure's places this machine is in, by what it finds; they are told apart as Azure's own libraries do. */
type Place = "workload" | "app-service" | "arc" | "machine";

async function placeOf(deps: PlatformDeps): Promise<Place> {
  const { env } = deps;
  if (env[FILE]) return "workload";
  if (env.IDENTITY_ENDPOINT && env.IDENTITY_HEADER) return "app-service";
  if ((env.IDENTITY_ENDPOINT && env.IMDS_ENDPOINT) || (await findsAgent(deps))) return "arc";
  return "machine";
}

/**
 * The token of a managed identity, or of an AKS pod with a workload identity: good as the federated credential of an
 * app of Entra ID, whose audience it has unless another is asked for.
 */
export const azure: Platform = {
  title: TITLE,
  lookedFor: `the variables ${FILE} (AKS) and IDENTITY_ENDPOINT (App Service, Container Apps, Arc), the Arc agent, the metadata of a virtual machine at 169.254.169.254`,

  async find(deps) {
    switch (await placeOf(deps)) {
      case "workload":
        return `the variable ${FILE}`;
      case "app-service":
        return "the variable IDENTITY_ENDPOINT";
      case "arc":
        return "the Arc agent";
      case "machine":
        return undefined;
    }
  },

  async probe(deps) {
    const versions = new URL("/metadata/versions", machine(deps));
    const answer = await deps.askDirect(versions.href, { method: "GET", headers: { metadata: "true" } });
    const isThere = "status" in answer && answer.status === 200 && /"apiVersions"/.test(answer.text);
    return isThere ? "the metadata of the virtual machine" : undefined;
  },

  async identify({ audience, identity }, deps) {
    const chosen = userAssigned(identity, deps.env);
    switch (await placeOf(deps)) {
      case "workload":
        return readWorkloadToken(deps);
      case "app-service":
        return askAppService(audience, chosen, deps);
      case "arc":
        return askArc(audience, chosen, deps);
      case "machine":
        return askMachine(audience, chosen, deps);
    }
  },
};

/** The pod's projected token, which AKS renews ("Use Microsoft Entra Workload ID with AKS"). */
async function readWorkloadToken({ env, readFile }: PlatformDeps): Promise<Identity> {
  const path = env[FILE] ?? "";
  const token = await readFile(path);
  if (isJwt(token)) return { token };
  const why = token === undefined ? "is not there" : "holds no JWT";
  throw noIdentity(
    TITLE,
    `the file ${path} of the variable ${FILE} ${why}`,
    'label the pod azure.workload.identity/use: "true" and give it a service account with azure.workload.identity/client-id',
  );
}

/** App Service, Functions and Container Apps ("Managed identities for App Service", REST endpoint reference). */
async function askAppService(
  resource: string,
  identity: UserAssigned | undefined,
  { env, askDirect }: PlatformDeps,
): Promise<Identity> {
  if (env.IDENTITY_SERVER_THUMBPRINT)
    throw noIdentity(
      TITLE,
      "this is Service Fabric (the variable IDENTITY_SERVER_THUMBPRINT), which is not known here",
      "give the token with --client-assertion-command COMMAND",
    );
  const url = nearAddress(TITLE, "IDENTITY_ENDPOINT", env.IDENTITY_ENDPOINT ?? "");
  const secret = headerFrom(TITLE, "IDENTITY_HEADER", env.IDENTITY_HEADER ?? "");
  url.searchParams.set("api-version", APP_SERVICE_VERSION);
  url.searchParams.set("resource", resource);
  if (identity)
    url.searchParams.set(identity.by === "resource" ? "mi_res_id" : PARAMETERS[identity.by], identity.id);
  const headers = { "x-identity-header": secret };
  const answer = await askTwice(() => askDirect(url.href, { method: "GET", headers }));
  return managedToken(answer, `the identity endpoint at ${url.host}`, [secret]);
}

/** Which variables are missing; App Service sets two of them together. */
function unset({ env }: Pick<PlatformDeps, "env">): string {
  const [there, missing] = env.IDENTITY_ENDPOINT
    ? ["IDENTITY_ENDPOINT", "IDENTITY_HEADER"]
    : ["IDENTITY_HEADER", "IDENTITY_ENDPOINT"];
  return env.IDENTITY_ENDPOINT || env.IDENTITY_HEADER
    ? `the variable ${there} is set, and ${missing} beside it is not`
    : `the variables ${FILE} and IDENTITY_ENDPOINT are not set`;
}

/** A virtual machine ("How to use managed identities on a virtual machine to acquire an access token"). */
async function askMachine(
  resource: string,
  identity: UserAssigned | undefined,
  deps: PlatformDeps,
): Promise<Identity> {
  const url = new URL("/metadata/identity/oauth2/token", machine(deps));
  url.searchParams.set("api-version", MACHINE_VERSION);
  url.searchParams.set("resource", resource);
  if (identity) url.searchParams.set(PARAMETERS[identity.by], identity.id);
  const answer = await askTwice(() =>
    deps.askDirect(url.href, { method: "GET", headers: { metadata: "true" } }),
  );
  if ("unanswered" in answer)
    throw noIdentity(
      TITLE,
      `${unset(deps)}, there is no Arc agent, and no metadata of a virtual machine at ${url.host}: ${answer.unanswered}`,
      SWITCH_ON,
    );
  return managedToken(answer, `the metadata of the virtual machine at ${url.host}`);
}
