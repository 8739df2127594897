import { isLoopback } from "../../../../net/zone.ts";
import { askTwice, inWords, noIdentityAfter } from "../../answer.ts";
import { noIdentity } from "../../errors.ts";
import type { PlatformDeps } from "../../platform.ts";
import { credentialsIn, type Place, TITLE } from "./credentials.ts";

const [RELATIVE, FULL] = [
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
] as const;
/** Where agents of ECS and EKS listen; the authorization goes over plain http to no others but this machine. */
const ECS_HOST = "169.254.170.2";
const HOSTS = [ECS_HOST, "169.254.170.23", "[fd00:ec2::23]"];
const isNear = ({ hostname }: URL) => HOSTS.includes(hostname) || isLoopback(hostname);

const GIVE_ROLE =
  "give the task a role (taskRoleArn), or the pod's service account a Pod Identity association";

/** The role of a task of ECS, or of a pod by EKS Pod Identity ("Container credential provider" of the SDKs guide). */
export const fromContainer: Place = async (deps) => {
  const { env, askDirect } = deps;
  if (!env[RELATIVE] && !env[FULL]) return undefined;
  const url = env[RELATIVE] ? URL.parse(`http://${ECS_HOST}${env[RELATIVE]}`) : URL.parse(env[FULL] ?? "");
  const isAllowed =
    url && url.username === "" && (url.protocol === "https:" || (url.protocol === "http:" && isNear(url)));
  if (!isAllowed)
    throw noIdentity(
      TITLE,
      `the variable ${env[RELATIVE] ? RELATIVE : FULL} names no address of a container's agent`,
      `it may be https, this machine, ${HOSTS.join(" or ")}`,
    );
  const authorization = await authorizationOf(deps);
  const headers: Record<string, string> = {
    accept: "application/json",
    ...(authorization ? { authorization } : {}),
  };
  const answer = await askTwice(() => askDirect(url.href, { method: "GET", headers }));
  const fail = (why: string, status = 0) =>
    noIdentityAfter(status, TITLE, `the container's agent at ${url.host}: ${why}`, GIVE_ROLE);
  if ("unanswered" in answer) throw fail(answer.unanswered);
  const credentials = answer.status === 200 ? credentialsIn(answer.json, "Token") : undefined;
  if (!credentials) {
    const why = inWords(answer, authorization ? [authorization] : []);
    throw fail(why, answer.status);
  }
  return { credentials };
};

/** What the agent wants to see; EKS renews it in its file. */
async function authorizationOf({ env, readFile }: PlatformDeps): Promise<string | undefined> {
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file, AWS_CONTAINER_AUTHORIZATION_TOKEN: token } = env;
  const text = file ? await readFile(file) : token;
  if (file && !text)
    throw noIdentity(
      TITLE,
      `the token file ${file} of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE is not there or is empty`,
      "see that the pod has a Pod Identity association, and was started after it",
    );
  if (!text) return undefined;
  if (/^[\x20-\x7e]{1,16384}$/.test(text)) return text;
  throw noIdentity(
    TITLE,
    `what ${file ? "the file of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE" : "AWS_CONTAINER_AUTHORIZATION_TOKEN"} holds is no header`,
    "the platform sets it: leave it as it was",
  );
}
