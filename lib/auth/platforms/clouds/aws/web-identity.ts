import { noIdentity } from "../../errors.ts";
import { isJwt } from "../../jwt.ts";
import type { PlatformDeps } from "../../platform.ts";
import { type Found, type Place, TITLE } from "./credentials.ts";
import { regionIn } from "./region.ts";
import { assumeRole } from "./sts.ts";

/** A role that a token in a file stands for. */
export interface WebIdentity {
  file: string;
  role: string;
  session?: string | undefined;
  region: string | undefined;
}

/** The role of a service account in EKS: AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN ("IAM roles for service accounts"). */
export const fromWebIdentity: Place = async (deps) => {
  const { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: role, AWS_ROLE_SESSION_NAME: session } = deps.env;
  if (!file) return undefined;
  if (!role)
    throw noIdentity(
      TITLE,
      "the variable AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not",
      "give the pod's service account its role (eks.amazonaws.com/role-arn)",
    );
  return assumeByToken({ file, role, session, region: regionIn(deps.env) }, deps);
};

/** AssumeRoleWithWebIdentity, which is not signed: the token is the proof. */
export async function assumeByToken(
  { file, role, session, region }: WebIdentity,
  deps: PlatformDeps,
): Promise<Found> {
  const token = await deps.readFile(file);
  if (!isJwt(token))
    throw noIdentity(
      TITLE,
      `the token file ${file} ${token === undefined ? "is not there" : "holds no JWT"}`,
      "see that the file of AWS_WEB_IDENTITY_TOKEN_FILE is mounted",
    );
  const parameters = { RoleArn: role, RoleSessionName: session || "m2mcp", WebIdentityToken: token };
  const credentials = await assumeRole({ action: "AssumeRoleWithWebIdentity", parameters, region }, deps);
  return { credentials, region };
}
