// AWS as a program on it sees it: the Security Token Service (API reference, 2011-06-15), whose signatures are checked
// ("Create a signed AWS API request"), instance metadata (version 2), and a container's agent.
import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "../mcp/scripted.ts";
import { type Serving, serveHttp } from "../net/listen.ts";
import { claimsOf, mintToken } from "./token.ts";

export const REGION = "eu-west-1";
export const ROLE = "arn:aws:iam::123456789012:role/mcp";
export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}
/** By who they belong to. */
export const KEYS: Record<string, Keys> = {
  user: { accessKeyId: "AKIAUSER", secretAccessKey: "user-secret-key/+1" },
  container: {
    accessKeyId: "ASIACONTAINER",
    secretAccessKey: "container-secret",
    sessionToken: "container-session+/=",
  },
  instance: {
    accessKeyId: "ASIAINSTANCE",
    secretAccessKey: "instance-secret",
    sessionToken: "instance-session+/=",
  },
  role: { accessKeyId: "ASIAROLE", secretAccessKey: "role-secret", sessionToken: "role-session+/=" },
  pod: { accessKeyId: "ASIAPOD", secretAccessKey: "pod-secret", sessionToken: "pod-session+/=" },
};
export const AGENT_TOKEN = "agent-authorization-token";
const METADATA_SESSION = "AQAEAmetadata-session==";

export interface AwsFake extends Serving {
  asked: string[];
  /** Parameters of each call of the token service. */
  calls: URLSearchParams[];
  service: { disabled: boolean; clockMs: () => number };
}

export async function startAws(
  before: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
): Promise<AwsFake> {
  const asked: string[] = [];
  const calls: URLSearchParams[] = [];
  const service = { disabled: false, clockMs: Date.now };
  const server = await serveHttp((request, response, body) => {
    asked.push(`${request.method} ${request.url}`);
    if (before(request, response)) return;
    if (request.method === "POST") return tokenService(request, response, body, { calls, service });
    if (request.url?.startsWith("/latest/")) return instance(request, response);
    if (request.url === "/agent/credentials") {
      const isAsked = request.headers.authorization === AGENT_TOKEN;
      return isAsked
        ? json(response, credentialsOf("container"))
        : json(response, { message: "unauthorized" }, 401);
    }
    response.writeHead(404).end();
  });
  return { ...server, asked, calls, service };
}

function credentialsOf(name: string) {
  const { accessKeyId, secretAccessKey, sessionToken } = KEYS[name] ?? {};
  return {
    Code: "Success",
    Type: "AWS-HMAC",
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    Expiration: "2099-01-01T00:00:00Z",
    RoleArn: ROLE,
  };
}

function instance({ method, url, headers }: IncomingMessage, response: ServerResponse) {
  if (url === "/latest/api/token") {
    const hasTime = headers["x-aws-ec2-metadata-token-ttl-seconds"] !== undefined;
    if (method !== "PUT" || !hasTime) return response.writeHead(400).end();
    return response.writeHead(200, { "content-type": "text/plain" }).end(METADATA_SESSION);
  }
  if (headers["x-aws-ec2-metadata-token"] !== METADATA_SESSION) return response.writeHead(401).end();
  switch (url) {
    case "/latest/meta-data/iam/security-credentials/":
      return response.end("mcp");
    case "/latest/meta-data/iam/security-credentials/mcp":
      return json(response, credentialsOf("instance"));
    case "/latest/meta-data/placement/region":
      return response.end(REGION);
    default:
      return response.writeHead(404).end();
  }
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

/** Whose request it is, by its signature; undefined for a wrong one. */
function signerOf(request: IncomingMessage, body: string): string | undefined {
  const { authorization = "" } = request.headers;
  const [, accessKeyId, scope = "", signed = "", signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=(\w+)$/.exec(
      authorization,
    ) ?? [];
  const [name, keys] = Object.entries(KEYS).find(([, one]) => one.accessKeyId === accessKeyId) ?? [];
  if (!keys || (keys.sessionToken ?? undefined) !== request.headers["x-amz-security-token"]) return undefined;
  if (!["host", "x-amz-date"].every((header) => signed.split(";").includes(header))) return undefined;
  const headers = signed.split(";").map((header) => `${header}:${String(request.headers[header]).trim()}\n`);
  const canonical = ["POST", request.url, "", headers.join(""), signed, sha256(body)].join("\n");
  const [date = "", region = "", ...rest] = scope.split("/");
  const text = ["AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope, sha256(canonical)].join("\n");
  const key = [region, ...rest].reduce<Buffer>(hmac, hmac(`AWS4${keys.secretAccessKey}`, date));
  return region === REGION && hmac(key, text).toString("hex") === signature ? name : undefined;
}

const date = (text: string) =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));

function tokenService(
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
  { calls, service }: Pick<AwsFake, "calls" | "service">,
) {
  const asked = new URLSearchParams(body);
  calls.push(asked);
  const action = asked.get("Action") ?? "";
  response.setHeader("date", new Date(service.clockMs()).toUTCString());
  const xml = (status: number, text: string) =>
    response.writeHead(status, { "content-type": "text/xml" }).end(text);
  const refuse = (status: number, code: string, message = "no") =>
    xml(
      status,
      `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  <Error>\n    <Type>Sender</Type>\n    <Code>${code}</Code>\n    <Message>${message}</Message>\n  </Error>\n  <RequestId>r</RequestId>\n</ErrorResponse>`,
    );
  const answer = (result: string) =>
    xml(
      200,
      `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  <${action}Result>${result}</${action}Result>\n  <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>\n</${action}Response>`,
    );
  const role = (name: string) => {
    const { AccessKeyId, SecretAccessKey, Token } = credentialsOf(name);
    answer(
      `<Credentials><AccessKeyId>${AccessKeyId}</AccessKeyId><SecretAccessKey>${SecretAccessKey}</SecretAccessKey><SessionToken>${Token}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser><Arn>${ROLE}</Arn><AssumedRoleId>A:m</AssumedRoleId></AssumedRoleUser>`,
    );
  };
  if (asked.get("Version") !== "2011-06-15") return refuse(400, "InvalidAction");
  if (action === "AssumeRoleWithWebIdentity") {
    const isTrusted = claimsOf(asked.get("WebIdentityToken"))?.aud === "sts.amazonaws.com";
    return isTrusted && asked.get("RoleArn") === ROLE ? role("pod") : refuse(400, "InvalidIdentityToken");
  }
  const signer = signerOf(request, body);
  if (signer === undefined) return refuse(403, "SignatureDoesNotMatch");
  if (Math.abs(date(String(request.headers["x-amz-date"])) - service.clockMs()) > 300_000)
    return refuse(403, "SignatureDoesNotMatch", "Signature expired: it is now earlier &amp; later");
  if (action === "AssumeRole")
    return asked.get("RoleArn") === ROLE ? role("role") : refuse(403, "AccessDenied");
  if (action !== "GetWebIdentityToken") return refuse(400, "InvalidAction");
  if (service.disabled)
    return refuse(
      403,
      "OutboundWebIdentityFederationDisabledException",
      "Outbound web identity federation is disabled",
    );
  const algorithm = asked.get("SigningAlgorithm");
  if (algorithm !== "RS256" && algorithm !== "ES384") return refuse(400, "ValidationError");
  const claims = {
    iss: "https://d1.tokens.sts.global.api.aws",
    aud: asked.get("Audience.member.1"),
    sub: `${ROLE}#${signer}`,
    algorithm,
    seconds: asked.get("DurationSeconds") ?? "300",
  };
  answer(
    `<WebIdentityToken>${mintToken(claims)}</WebIdentityToken><Expiration>2099-01-01T00:00:00Z</Expiration>`,
  );
}
