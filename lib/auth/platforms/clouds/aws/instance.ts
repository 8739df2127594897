import { objectOf } from "../../../../json.ts";
import { oneLine } from "../../../../net/one-line.ts";
import { wordsOf } from "../../../exchange.ts";
import { askTwice, inWords, noIdentityAfter } from "../../answer.ts";
import type { DirectAnswer, PlatformDeps, Unanswered } from "../../platform.ts";
import { nearAddress } from "../../variables.ts";
import { credentialsIn, type Found, TITLE } from "./credentials.ts";

const ENDPOINT = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
const SWITCH_ON =
  "give the instance a role (an instance profile); in a container on it, raise the hop limit of its metadata to 2; AWS_REGION, AWS_PROFILE and the like name other credentials";

/** Where the metadata of an instance is; AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6 means its other address. */
function address({ env }: Pick<PlatformDeps, "env">, path: string): string {
  const isV6 = env.AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE?.toLowerCase() === "ipv6";
  const named = env[ENDPOINT] || (isV6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254");
  return new URL(path, nearAddress(TITLE, ENDPOINT, named)).href;
}

/** Begins a session with the metadata service: version 2 alone, since version 1 answers whatever makes a request for one. */
function openSession(deps: PlatformDeps): Promise<DirectAnswer | Unanswered> {
  const headers = { "x-aws-ec2-metadata-token-ttl-seconds": "60" };
  return deps.askDirect(address(deps, "/latest/api/token"), { method: "PUT", headers });
}

/** AWS_EC2_METADATA_DISABLED keeps everybody away from the metadata service. */
export const isDisabled = ({ AWS_EC2_METADATA_DISABLED }: PlatformDeps["env"]): boolean =>
  AWS_EC2_METADATA_DISABLED?.toLowerCase() === "true";

const isSession = (answer: DirectAnswer | Unanswered): boolean =>
  "status" in answer && answer.status === 200 && /^[\x21-\x7e]{1,1024}$/.test(answer.text);

/** Whether this machine is an instance. */
export const isInstance = async (deps: PlatformDeps): Promise<boolean> =>
  !isDisabled(deps.env) && isSession(await openSession(deps));

/**
 * The role of an instance, and its region ("Use IMDSv2", "Retrieve security credentials from instance metadata").
 *
 * @throws M2mcpError no_identity
 */
export async function fromInstance(deps: PlatformDeps): Promise<Found> {
  const session = await askTwice(() => openSession(deps));
  const at = `the instance metadata at ${new URL(address(deps, "/")).host}`;
  const fail = (why: string, status = 0) => noIdentityAfter(status, TITLE, `${at}: ${why}`, SWITCH_ON);
  if ("unanswered" in session) throw fail(session.unanswered);
  if (!isSession(session)) throw fail(`it gives no session, ${inWords(session)}`, session.status);
  const headers = { "x-aws-ec2-metadata-token": session.text };
  const read = (path: string) =>
    askTwice(() => deps.askDirect(address(deps, path), { method: "GET", headers }));
  const folder = "/latest/meta-data/iam/security-credentials/";
  const roles = await read(folder);
  if ("unanswered" in roles) throw fail(roles.unanswered);
  if (roles.status === 404) throw fail("the instance has no role");
  const role = roles.text.trim().split("\n")[0] ?? "";
  if (roles.status !== 200 || !/^[\w+=,.@-]{1,128}$/.test(role)) throw fail(inWords(roles), roles.status);
  const answer = await read(`${folder}${role}`);
  if ("unanswered" in answer) throw fail(answer.unanswered);
  const credentials = answer.status === 200 ? credentialsIn(answer.json, "Token") : undefined;
  if (!credentials)
    throw fail(`of the role ${oneLine(role)}, ${whyNone(answer, session.text)}`, answer.status);
  const region = await read("/latest/meta-data/placement/region");
  return {
    credentials,
    ...("status" in region && region.status === 200 ? { region: region.text.trim() } : {}),
  };
}

/** Why there are no credentials: the service says so in an answer of success, whose `Code` is another than that. */
function whyNone(answer: DirectAnswer, session: string): string {
  const isTold = answer.status === 200 && objectOf(answer.json).Code !== "Success";
  return (isTold ? wordsOf(answer, [session]) : undefined) ?? inWords(answer, [session]);
}
