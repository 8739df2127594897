import { ProgramFailed } from "../../client/program-output.ts";
import { noIdentity } from "../errors.ts";
import type { Platform, PlatformDeps } from "../platform.ts";
import { audiencesOf, isFor, requireJwt } from "../token-claims.ts";

const TITLE = "CircleCI";
const VARIABLES = ["CIRCLE_OIDC_TOKEN_V2", "CIRCLE_OIDC_TOKEN"] as const;
const PROGRAM = "circleci run oidc get";

/**
 * The OIDC token of a job ("OpenID Connect tokens in jobs" and "OIDC tokens with custom claims" of CircleCI): the
 * variable's is for the organization, one for another audience comes from the program that jobs have on PATH.
 */
export const circleci: Platform = {
  title: TITLE,
  lookedFor: `the variables CIRCLECI and ${VARIABLES[0]}`,
  find: async ({ env }) => {
    const name = ["CIRCLECI", ...VARIABLES].find((one) => env[one]);
    return name && `the variable ${name}`;
  },

  async identify({ audience, isNamed }, deps) {
    const { env, log } = deps;
    const name = VARIABLES.find((one) => env[one]);
    if (!env.CIRCLECI && !name)
      throw noIdentity(TITLE, "the variable CIRCLECI is not set", "run this in a job of CircleCI");
    const own = name && env[name]?.trim();
    const claims = own ? requireJwt(TITLE, `the variable ${name}`, own, HINT) : undefined;
    if (own && claims && isFor(claims, audience)) return { token: own };
    const made = await tokenFor(audience, deps);
    if (made !== undefined) {
      requireJwt(TITLE, `the output of ${PROGRAM}`, made, HINT);
      return { token: made };
    }
    if (!own || !claims)
      throw noIdentity(TITLE, `the variable ${VARIABLES[0]} is not set, and circleci is not on PATH`, HINT);
    if (isNamed)
      throw noIdentity(
        TITLE,
        `the token in ${name} is for ${audiencesOf(claims)}, and circleci, which makes one for ${audience}, is not on PATH`,
        "run this where circleci is, or have the server take the organization's id as audience",
      );
    log(`circleci is not on PATH: the token in ${name} is for ${audiencesOf(claims)}`);
    return { token: own };
  },
};

const HINT = "run this in a job of CircleCI, which has them where the organization's plan has OIDC";

/** A token with an audience of its own; undefined where the program is not there. */
async function tokenFor(audience: string, { runProgram }: PlatformDeps): Promise<string | undefined> {
  try {
    return await runProgram("circleci", [
      "run",
      "oidc",
      "get",
      "--claims",
      JSON.stringify({ aud: audience }),
    ]);
  } catch (error) {
    if (!(error instanceof ProgramFailed)) throw error;
    throw noIdentity(TITLE, `${PROGRAM} failed: ${error.message}`, "run it by hand to see why");
  }
}
