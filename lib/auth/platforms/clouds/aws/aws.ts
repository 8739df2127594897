// AWS: credentials from where its SDKs look for them, and the token that is signed for them.
import { noIdentity } from "../../errors.ts";
import { isJwt } from "../../jwt.ts";
import { identityOf, type Platform, type PlatformDeps } from "../../platform.ts";
import { fromContainer } from "./container.ts";
import { type Found, fromVariables, TITLE } from "./credentials.ts";
import { fromInstance, isDisabled, isInstance } from "./instance.ts";
import { fromProfile } from "./profile.ts";
import { regionIn } from "./region.ts";
import { callSts } from "./sts.ts";
import { fromWebIdentity } from "./web-identity.ts";

const VARIABLES = [
  "AWS_ACCESS_KEY_ID",
  "AWS_PROFILE",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];
const ALGORITHMS = ["RS256", "ES384"];

/** Where credentials may be, in the order of AWS' own libraries; the first that is named counts. */
const PLACES = [fromVariables, fromProfile, fromWebIdentity, fromContainer];

/**
 * The token that AWS signs for a role or user ("Outbound identity federation" of IAM, GetWebIdentityToken of the
 * Security Token Service), asked for in the region.
 */
export const aws: Platform = {
  title: TITLE,
  lookedFor: `the variables ${VARIABLES.join(", ")}, the metadata of an instance at 169.254.169.254`,

  async find({ env }) {
    const name = VARIABLES.find((variable) => env[variable]);
    return name === undefined ? undefined : `the variable ${name}`;
  },
  probe: async (deps) => ((await isInstance(deps)) ? "the metadata of the instance" : undefined),

  async identify({ audience, lifetimeS, signingAlg = "RS256" }, deps) {
    if (!ALGORITHMS.includes(signingAlg))
      throw noIdentity(
        TITLE,
        `it does not sign with ${signingAlg}`,
        `--signing-alg may be ${ALGORITHMS.join(" or ")}`,
      );
    if (lifetimeS !== undefined && (lifetimeS < 60 || lifetimeS > 3600))
      throw noIdentity(
        TITLE,
        `a token may not last ${lifetimeS} s`,
        "--assertion-lifetime may be 60 to 3600",
      );
    const { credentials, region } = await findCredentials(deps);
    const parameters = {
      "Audience.member.1": audience,
      SigningAlgorithm: signingAlg,
      ...(lifetimeS === undefined ? {} : { DurationSeconds: String(lifetimeS) }),
    };
    const read = await callSts(
      { action: "GetWebIdentityToken", parameters, region: regionIn(deps.env) ?? region, credentials },
      deps,
    );
    const token = read("WebIdentityToken");
    if (!isJwt(token))
      throw noIdentity(TITLE, "the answer to GetWebIdentityToken holds none", "check AWS_ENDPOINT_URL_STS");
    return identityOf(token, read("Expiration"));
  },
};

async function findCredentials(deps: PlatformDeps): Promise<Found> {
  for (const place of PLACES) {
    const found = await place(deps);
    if (found) return found;
  }
  if (isDisabled(deps.env))
    throw noIdentity(
      TITLE,
      `there are no credentials: none of ${VARIABLES.join(", ")} is set, there is no default profile, and AWS_EC2_METADATA_DISABLED keeps from the instance's`,
      "set one of them, or leave out AWS_EC2_METADATA_DISABLED",
    );
  return fromInstance(deps);
}
