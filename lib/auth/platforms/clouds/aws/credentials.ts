import { isObject } from "../../../../json.ts";
import { noIdentity } from "../../errors.ts";
import type { PlatformDeps } from "../../platform.ts";

export const TITLE = "AWS";

/** What requests to AWS are signed with. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** Credentials, and the region that they were found with where that place knows it. */
export interface Found {
  credentials: AwsCredentials;
  region?: string | undefined;
}

/** One place of credentials: undefined where nothing names it. @throws M2mcpError no_identity where it is out of order */
export type Place = (deps: PlatformDeps) => Promise<Found | undefined>;

/**
 * Credentials as metadata services and `credential_process` give them ("Container credential provider",
 * "Process credential provider" of the AWS SDKs guide); undefined for what holds none.
 *
 * @param tokenName what they call the session token
 */
export function credentialsIn(
  json: unknown,
  tokenName: "Token" | "SessionToken",
): AwsCredentials | undefined {
  if (!isObject(json)) return undefined;
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, [tokenName]: sessionToken } = json;
  if (!isKey(accessKeyId) || !isKey(secretAccessKey)) return undefined;
  // Programs write null where they have none.
  if (sessionToken === undefined || sessionToken === null || sessionToken === "")
    return { accessKeyId, secretAccessKey };
  return isKey(sessionToken) ? { accessKeyId, secretAccessKey, sessionToken } : undefined;
}

const isKey = (value: unknown): value is string =>
  typeof value === "string" && /^[\x21-\x7e]{1,16384}$/.test(value);

/** AWS_ACCESS_KEY_ID and the rest, where no profile is named: who names one means it. */
export const fromVariables: Place = async ({ env }) => {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = env;
  if (!accessKeyId || env.AWS_PROFILE) return undefined;
  if (!secretAccessKey)
    throw noIdentity(
      TITLE,
      "the variable AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not",
      "set both, or neither",
    );
  for (const [variable, value] of Object.entries({
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN,
  }))
    if (value && !isKey(value))
      throw noIdentity(
        TITLE,
        `what the variable ${variable} holds is no key: it has blanks or other characters that none has`,
        "set it again, without line ends",
      );
  return {
    credentials: {
      accessKeyId,
      secretAccessKey,
      ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
    },
  };
};
