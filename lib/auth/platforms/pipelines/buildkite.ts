import { ProgramFailed } from "../../client/program-output.ts";
import { noIdentity } from "../errors.ts";
import type { Platform } from "../platform.ts";
import { requireJwt } from "../token-claims.ts";

const TITLE = "Buildkite";
const PROGRAM = "buildkite-agent oidc request-token";

/** The OIDC token of a job ("buildkite-agent oidc" of Buildkite), which the agent's program asks for. */
export const buildkite: Platform = {
  title: TITLE,
  lookedFor: "the variable BUILDKITE, and buildkite-agent on PATH",
  find: async ({ env }) => (env.BUILDKITE ? "the variable BUILDKITE" : undefined),

  async identify({ audience, lifetimeS }, { env, runProgram }) {
    if (!env.BUILDKITE && !env.BUILDKITE_JOB_ID)
      throw noIdentity(TITLE, "the variable BUILDKITE is not set", "run this in a job of Buildkite");
    const lifetime = lifetimeS === undefined ? [] : ["--lifetime", String(lifetimeS)];
    const token = await runProgram("buildkite-agent", [
      ...["oidc", "request-token", "--audience", audience],
      ...lifetime,
    ]).catch((error: unknown) => {
      if (!(error instanceof ProgramFailed)) throw error;
      throw noIdentity(
        TITLE,
        `${PROGRAM} failed: ${error.message}`,
        "it wants the job's BUILDKITE_JOB_ID and BUILDKITE_AGENT_ACCESS_TOKEN; run it by hand to see why",
      );
    });
    if (token === undefined)
      throw noIdentity(
        TITLE,
        "buildkite-agent is not on PATH",
        "run this on the agent, or mount its program into the container (mount-buildkite-agent: true)",
      );
    requireJwt(TITLE, `the output of ${PROGRAM}`, token, "run it by hand to see what it prints");
    return { token };
  },
};
