// Pipelines, which tell their jobs by identity tokens: a file for each system.
import { askService } from "../answer.ts";
import { noIdentity } from "../errors.ts";
import type { Platform } from "../platform.ts";
import { headerFrom, serviceAddress } from "../variables.ts";

const TITLE = "GitHub Actions";
const PERMISSION = "give the job permissions: id-token: write, and run this within it";
const [URL_VARIABLE, TOKEN_VARIABLE] = [
  "ACTIONS_ID_TOKEN_REQUEST_URL",
  "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
] as const;

/** The identity token of a job ("OpenID Connect reference" of GitHub Actions). */
export const githubActions: Platform = {
  title: TITLE,
  lookedFor: `the variables ${URL_VARIABLE} and ${TOKEN_VARIABLE}`,
  find: async ({ env }) => (env[URL_VARIABLE] ? `the variable ${URL_VARIABLE}` : undefined),

  // The runner's machine may be of a cloud, which is not what a job is trusted by.
  withheld: ({ env }) =>
    env.GITHUB_ACTIONS && !env[URL_VARIABLE]
      ? noIdentity(
          TITLE,
          `this job may not ask for one (the variable ${URL_VARIABLE} is not set)`,
          PERMISSION,
        )
      : undefined,

  async identify({ audience }, deps) {
    const { [URL_VARIABLE]: url, [TOKEN_VARIABLE]: token } = deps.env;
    if (!url || !token)
      throw noIdentity(TITLE, `the variable ${url ? TOKEN_VARIABLE : URL_VARIABLE} is not set`, PERMISSION);
    const address = serviceAddress(TITLE, URL_VARIABLE, url);
    const secret = headerFrom(TITLE, TOKEN_VARIABLE, token);
    address.searchParams.set("audience", audience);
    const hint = "check the job's permission id-token: write, and --assertion-audience";
    return {
      token: await askService(TITLE, { address, secret, member: "value", hint, method: "GET" }, deps),
    };
  },
};
