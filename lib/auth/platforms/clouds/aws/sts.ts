import { oneLine } from "../../../../net/one-line.ts";
import { serverTimeMs } from "../../../../net/retry-after.ts";
import type { Answer } from "../../../exchange.ts";
import { withoutSecrets } from "../../../redact.ts";
import { askTwice, inWords, noIdentityAfter } from "../../answer.ts";
import { noIdentity } from "../../errors.ts";
import type { PlatformDeps } from "../../platform.ts";
import { type AwsCredentials, credentialsIn, TITLE } from "./credentials.ts";
import { tokenService } from "./region.ts";

/** Clocks that differ by more are a reason for a refusal: AWS takes five minutes. */
const SKEW_MS = 60_000;

/** One call of the Security Token Service. */
export interface StsCall {
  action: "GetWebIdentityToken" | "AssumeRole" | "AssumeRoleWithWebIdentity";
  parameters: Record<string, string>;
  region: string | undefined;
  /** Absent: the call is not signed; a token among its parameters proves who calls. */
  credentials?: AwsCredentials;
}

/**
 * Calls the service in its region (AWS Query protocol, version 2011-06-15), signed (Signature Version 4) once more by
 * its own clock where this machine's is wrong.
 *
 * @returns the text of the elements of its answer, by their names
 * @throws M2mcpError no_identity with the service's own words; network failures
 */
export async function callSts(
  call: StsCall,
  deps: PlatformDeps,
): Promise<(name: string) => string | undefined> {
  const { url, region } = tokenService(call.region, deps.env);
  const body = new URLSearchParams({ Action: call.action, Version: "2011-06-15", ...call.parameters });
  const send = async (atMs: number): Promise<Answer> => {
    const headers = await headersOf(call, { url, region, body: body.toString(), atMs });
    return deps.ask(url.href, { method: "POST", headers, body: body.toString() });
  };
  let answer = await askTwice(() => send(deps.now()));
  const serverMs = serverTimeMs(answer.headers);
  const isLate = serverMs !== undefined && Math.abs(serverMs - deps.now()) > SKEW_MS;
  if (answer.status === 403 && isLate && call.credentials) {
    deps.log("the clock here is not that of AWS: signing by theirs");
    answer = await send(serverMs);
  }
  const read = elementsOf(answer.text);
  if (answer.status === 200) return read;
  const secrets = [...Object.values(call.credentials ?? {}), call.parameters.WebIdentityToken];
  throw refused(call, url.host, { ...answer, secrets }, (name) => {
    const text = read(name);
    return text === undefined ? undefined : oneLine(withoutSecrets(text, secrets), 300);
  });
}

interface Signing {
  url: URL;
  region: string;
  body: string;
  atMs: number;
}

async function headersOf({ credentials }: StsCall, { url, region, body, atMs }: Signing) {
  const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
  if (!credentials) return headers;
  const { AwsV4Signer } = await import("aws4fetch");
  const datetime = new Date(atMs).toISOString().replace(/[:-]|\.\d{3}/g, "");
  const signed = await new AwsV4Signer({
    ...credentials,
    method: "POST",
    url: url.href,
    headers,
    body,
    service: "sts",
    region,
    datetime,
    // Else the content type is left out of the signature.
    allHeaders: true,
  }).sign();
  return Object.fromEntries(signed.headers);
}

/** The elements of an answer, of which each name comes once and holds text alone. */
const elementsOf = (xml: string) => (name: string) => {
  const [, text] = new RegExp(`<${name}>([^<]{1,20000})</${name}>`).exec(xml) ?? [];
  return text === undefined ? undefined : unescaped(text);
};

const ENTITIES: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
const unescaped = (text: string) =>
  text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => ENTITIES[name] ?? "");

/** What mends a refusal, by its code (GetWebIdentityToken and AssumeRole, "Errors"; "Common errors"). */
const HINTS: Record<string, string> = {
  OutboundWebIdentityFederationDisabledException:
    "switch it on for the account: aws iam enable-outbound-web-identity-federation",
  AccessDenied: "allow the role this action in its policy, for GetWebIdentityToken sts:GetWebIdentityToken",
  ExpiredToken: "the session has ended: renew the credentials, or name others",
  ExpiredTokenException:
    "the token in the file of AWS_WEB_IDENTITY_TOKEN_FILE is over: see that it is renewed",
  InvalidIdentityToken:
    "the role's trust policy and its identity provider must know the issuer of the token file",
  InvalidClientTokenId: "the access key is not known: check the credentials, and their region",
  SignatureDoesNotMatch:
    "the secret key belongs to another access key, or the clock of this machine is wrong",
  SessionDurationEscalationException:
    "ask for less with --assertion-lifetime: a token may not outlive its session",
};

function refused(
  { action }: StsCall,
  host: string,
  answer: Answer & { secrets: readonly (string | undefined)[] },
  read: (name: string) => string | undefined,
) {
  const code = read("Code");
  const message = read("Message");
  const secrets = answer.secrets.filter((secret) => secret !== undefined);
  const why = code === undefined ? inWords(answer, secrets) : `${code}${message ? ` (${message})` : ""}`;
  return noIdentityAfter(
    // Who calls too often is told so with a status of 400 ("Common errors"); the service itself leaves the end off.
    /^Throttling(Exception)?$/.test(code ?? "") ? 429 : answer.status,
    TITLE,
    `${host} refuses ${action}: ${why}`,
    (code === undefined ? undefined : HINTS[code]) ?? "see what the role may do, and AWS_REGION",
  );
}

/** Credentials in the answer to a role that was assumed. @throws M2mcpError no_identity */
export async function assumeRole(call: StsCall, deps: PlatformDeps): Promise<AwsCredentials> {
  const read = await callSts(call, deps);
  const names = ["AccessKeyId", "SecretAccessKey", "SessionToken"];
  const credentials = credentialsIn(
    Object.fromEntries(names.map((name) => [name, read(name)])),
    "SessionToken",
  );
  if (credentials) return credentials;
  throw noIdentity(TITLE, `the answer to ${call.action} holds no credentials`, "check AWS_ENDPOINT_URL_STS");
}
