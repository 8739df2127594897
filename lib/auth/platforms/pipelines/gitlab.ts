import { type Claims, claimsOf } from "../../claims.ts";
import { noIdentity } from "../errors.ts";
import { isJwt } from "../jwt.ts";
import type { IdentityRequest, Platform, PlatformDeps } from "../platform.ts";
import { audiencesOf, isFor, requireJwt } from "../token-claims.ts";

const TITLE = "GitLab CI";
/** The name that GitLab's own examples give to such a variable. */
const USUAL = "GITLAB_OIDC_TOKEN";

interface Candidate {
  name: string;
  token: string;
  claims: Claims;
}

/**
 * The ID token of a job ("OpenID Connect (OIDC) Authentication Using ID Tokens" of GitLab): GitLab puts it into the
 * variable that the job's `id_tokens` names, for the audience that stands there.
 */
export const gitlab: Platform = {
  title: TITLE,
  lookedFor: `the variable GITLAB_CI, and one that the job's id_tokens names, such as ${USUAL}`,
  find: async ({ env }) => {
    if (env.GITLAB_CI) return "the variable GITLAB_CI";
    return env[USUAL] ? `the variable ${USUAL}` : undefined;
  },

  async identify(request, deps) {
    const { name, token, claims } = tokenOf(request, deps);
    const { audience, isNamed } = request;
    if (isNamed && !isFor(claims, audience))
      throw noIdentity(
        TITLE,
        `the token in ${name} is for ${audiencesOf(claims)}, not for ${audience}`,
        `set aud: ${audience} for it in the job's id_tokens`,
      );
    const leftS = (claims.exp ?? Number.POSITIVE_INFINITY) - deps.now() / 1000;
    if (leftS <= 0)
      throw noIdentity(
        TITLE,
        `the token in ${name} ended ${Math.round(-leftS)} s ago`,
        "GitLab makes one for each job, good for as long as the job may run: raise the job's timeout",
      );
    deps.log(`the variable ${name} holds a token for ${audiencesOf(claims)}`);
    return { token };
  },
};

/** The token in the variable that was named, else in the one that is meant. */
function tokenOf({ identity, audience }: IdentityRequest, { env }: PlatformDeps): Candidate {
  if (identity !== undefined) {
    const token = env[identity]?.trim();
    if (!token) throw absent(`the variable ${identity} is not set`, identity, audience);
    return { name: identity, token, claims: requireJwt(TITLE, `the variable ${identity}`, token, HINT) };
  }
  const all = candidates(env);
  const meant =
    all.find(({ claims }) => isFor(claims, audience)) ??
    all.find(({ name }) => name === USUAL) ??
    (all.length === 1 ? all[0] : undefined);
  if (meant) return meant;
  const usual = env[USUAL]?.trim();
  if (usual) requireJwt(TITLE, `the variable ${USUAL}`, usual, HINT);
  if (all.length > 1)
    throw noIdentity(
      TITLE,
      `none of the tokens in ${all.map(({ name }) => name).join(", ")} is for ${audience}`,
      "name the variable with --assertion-identity NAME, or give it this aud in the job's id_tokens",
    );
  throw absent(
    env.GITLAB_CI ? "no variable holds an ID token of this job" : "the variable GITLAB_CI is not set",
    USUAL,
    audience,
  );
}

/** Variables that hold a token of this GitLab; its own begin with CI_, and are for itself. */
function candidates(env: PlatformDeps["env"]): Candidate[] {
  const server = env.CI_SERVER_URL;
  return Object.entries(env).flatMap(([name, value]) => {
    const token = value?.trim() ?? "";
    if (/^(CI|M2MCP)_/.test(name) || !token.startsWith("ey") || !isJwt(token)) return [];
    const claims = claimsOf(token);
    if (!claims || (name !== USUAL && server !== undefined && claims.iss !== server)) return [];
    return name === USUAL || server !== undefined ? [{ name, token, claims }] : [];
  });
}

const absent = (why: string, name: string, audience: string) =>
  noIdentity(
    TITLE,
    why,
    `give the job id_tokens: { ${name}: { aud: ${audience} } }, or name its variable with --assertion-identity NAME`,
  );

const HINT = "name the variable that the job's id_tokens names with --assertion-identity NAME";
