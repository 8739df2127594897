import { noIdentity } from "../../errors.ts";
import type { PlatformDeps } from "../../platform.ts";
import { serviceAddress } from "../../variables.ts";
import { TITLE } from "./credentials.ts";

/** Domains of AWS' partitions but for the first, by how their regions begin. */
const DOMAINS: [regions: RegExp, domain: string][] = [
  [/^cn-/, "amazonaws.com.cn"],
  [/^eusc-/, "amazonaws.eu"],
  [/^us-iso-/, "c2s.ic.gov"],
  [/^us-isob-/, "sc2s.sgov.gov"],
  [/^eu-isoe-/, "cloud.adc-e.uk"],
  [/^us-isof-/, "csp.hci.ic.gov"],
];

/** The region that the environment names. */
export const regionIn = ({ AWS_REGION, AWS_DEFAULT_REGION }: PlatformDeps["env"]): string | undefined =>
  (AWS_REGION || AWS_DEFAULT_REGION)?.trim() || undefined;

/**
 * The regional endpoint of the Security Token Service, or the one that AWS_ENDPOINT_URL_STS or AWS_ENDPOINT_URL names.
 * The global one does not know GetWebIdentityToken (its API reference).
 *
 * @throws M2mcpError no_identity without a region, or for what is no address
 */
export function tokenService(
  region: string | undefined,
  env: PlatformDeps["env"],
): { url: URL; region: string } {
  if (!region)
    throw noIdentity(
      TITLE,
      "no region is known: the variables AWS_REGION and AWS_DEFAULT_REGION are not set, and neither the profile nor the machine names one",
      "set AWS_REGION: tokens come from the service in one region",
    );
  if (!/^[a-z]{2,6}(-[a-z]{2,12}){1,3}-\d{1,2}$/.test(region))
    throw noIdentity(
      TITLE,
      "the region that is named is none",
      "set AWS_REGION to a region such as eu-west-1",
    );
  const isHeeded = env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() !== "true";
  for (const variable of ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"] as const) {
    const named = isHeeded ? env[variable] : undefined;
    if (!named) continue;
    const url = serviceAddress(TITLE, variable, named);
    if (/^sts\.amazonaws\.com\.?$/.test(url.hostname))
      throw noIdentity(
        TITLE,
        `the variable ${variable} names the global endpoint, which gives no identity tokens`,
        `leave it out: the regional one is https://sts.${region}.amazonaws.com`,
      );
    return { url, region };
  }
  const domain = DOMAINS.find(([regions]) => regions.test(region))?.[1] ?? "amazonaws.com";
  return { url: new URL(`https://sts.${region}.${domain}/`), region };
}
