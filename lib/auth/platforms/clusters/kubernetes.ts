// Clusters, which tell their pods by service accounts.
import { isObject } from "../../../json.ts";
import { type Claims, claimsOf } from "../../claims.ts";
import { noIdentity } from "../errors.ts";
import type { Identity, IdentityRequest, Platform, PlatformDeps } from "../platform.ts";
import { audiencesOf, isFor, requireJwt } from "../token-claims.ts";
import { type Account, project, requestAccountToken, TITLE } from "./token-request.ts";

/** Where a pod finds its service account. */
const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
/** Where the documentation of Kubernetes projects tokens for others to. */
const PROJECTED = "/var/run/secrets/tokens";
/** Files with tokens of the service account that webhooks of clouds project. */
const CLOUD_VARIABLES = ["AZURE_FEDERATED_TOKEN_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE"];
/** Files of a folder that are looked at. */
const MOST_FILES = 20;

interface Found {
  path: string;
  token: string;
  claims: Claims;
}

/**
 * A token of the pod's service account ("Service account token volume projection" and `TokenRequest` of Kubernetes):
 * the projected one for this audience, else one that the API server makes.
 */
export const kubernetes: Platform = {
  title: TITLE,
  lookedFor: `the folders ${PROJECTED} and ${ACCOUNT}`,
  async find({ listFolder }) {
    for (const folder of [PROJECTED, ACCOUNT])
      if ((await listFolder(folder)).length > 0) return `the folder ${folder}`;
    return undefined;
  },

  async identify(request, deps) {
    const { identity = "" } = request;
    // The token of another service account is no file.
    if (identity === "") return (await projected(request, deps)) ?? made(ACCOUNT, request, deps);
    if (!identity.startsWith("/")) return made(ACCOUNT, request, deps);
    const isFolder = (await deps.listFolder(identity)).length > 0;
    return isFolder ? made(identity, request, deps) : fromFile(identity, request, deps);
  },
};

async function fromFile(
  path: string,
  { audience, isNamed }: IdentityRequest,
  { readFile }: PlatformDeps,
): Promise<Identity> {
  const token = await readFile(path);
  if (!token) throw noIdentity(TITLE, `there is no token at ${path}`, project(audience));
  const claims = requireJwt(TITLE, path, token, project(audience));
  if (!isNamed || isFor(claims, audience)) return { token };
  throw noIdentity(
    TITLE,
    `the token at ${path} is for ${audiencesOf(claims)}, not for ${audience}`,
    project(audience),
  );
}

/** A token that is there already: one for the audience, else the single one that was put there for others. */
async function projected(
  { audience, isNamed }: IdentityRequest,
  deps: PlatformDeps,
): Promise<Identity | undefined> {
  const { env, listFolder, log } = deps;
  const meant = await found(await listFolder(PROJECTED), deps);
  const paths = [`${ACCOUNT}/token`, ...CLOUD_VARIABLES.flatMap((name) => env[name] ?? [])];
  const fitting = [...meant, ...(await found(paths, deps))].find(({ claims }) => isFor(claims, audience));
  const one = fitting ?? (isNamed || meant.length !== 1 ? undefined : meant[0]);
  if (!one) return undefined;
  log(`${one.path} holds a token for ${audiencesOf(one.claims)}`);
  return { token: one.token };
}

async function found(paths: string[], { readFile }: PlatformDeps): Promise<Found[]> {
  const all = await Promise.all(
    paths.slice(0, MOST_FILES).map(async (path) => {
      const token = await readFile(path).catch(() => undefined);
      const claims = token ? claimsOf(token) : undefined;
      return token && claims ? { path, token, claims } : [];
    }),
  );
  return all.flat();
}

const made = async (folder: string, request: IdentityRequest, deps: PlatformDeps): Promise<Identity> =>
  requestAccountToken(await accountIn(folder, request, deps), request, deps);

/** The pod's own service account, or the one that `identity` names in its namespace or another one. */
async function accountIn(
  folder: string,
  { identity = "", audience }: IdentityRequest,
  { readFile }: PlatformDeps,
): Promise<Account> {
  const token = await readFile(`${folder}/token`);
  if (!token)
    throw noIdentity(
      TITLE,
      `there is no projected token in ${PROJECTED}, and no service account's at ${folder}/token`,
      `run this in a pod, and ${project(audience)}`,
    );
  const own = accountOf(requireJwt(TITLE, `${folder}/token`, token, project(audience)));
  const named = identity.startsWith("/") ? [] : identity.split("/").filter((part) => part !== "");
  const namespace = named.at(-2) ?? own.namespace ?? (await readFile(`${folder}/namespace`));
  const name = named.at(-1) ?? own.name;
  if (namespace && name) return { folder, token, namespace, name };
  throw noIdentity(
    TITLE,
    `the token at ${folder}/token does not say whose it is`,
    "name the service account with --assertion-identity NAMESPACE/NAME",
  );
}

/** Whose a token is: by the claims of bound tokens, else by its subject. */
function accountOf(claims: Claims): { namespace?: string | undefined; name?: string | undefined } {
  const bound = claims["kubernetes.io"];
  if (isObject(bound) && isObject(bound.serviceaccount)) {
    const { namespace, serviceaccount } = bound;
    if (typeof namespace === "string" && typeof serviceaccount.name === "string")
      return { namespace, name: serviceaccount.name };
  }
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(claims.sub ?? "") ?? [];
  return { namespace, name };
}
