import { decodeJwt } from "jose";
import { M2mcpError } from "../failure.ts";
import { clientAssertion } from "./client/assertion.ts";
import { assertionAudience, secretMethod } from "./client/authentication.ts";
import { readAssertion, readSecret } from "./client/secrets.ts";
import type { AssertionSource, Credentials, Discovered } from "./credentials.ts";
import type { AuthDeps } from "./deps.ts";
import type { Challenge } from "./discovery/challenge.ts";
import { discover, discoverResource } from "./discovery/discover.ts";
import { type ProbeAnswer, probe } from "./discovery/probe.ts";
import { loginNeeded, notMcp } from "./errors.ts";
import { clockSkew, inSeconds, requestToken, wantedScope } from "./grants/grant.ts";

/** A clock that is off by more is worth a word, in ms. */
const SKEW_MS = 30_000;

/** One step on the way to a token: what was seen, and what to do where it failed. */
export interface DiagnosisStep {
  name: string;
  ok: boolean;
  saw: string;
  fix?: string;
}

/** What the walk came to. */
export interface Diagnosis {
  /** Why it could not go on; absent when it went through. */
  failed?: M2mcpError;
}

/**
 * Walks the way to a token step by step, as login does, and tells what it sees; ends at the first step that fails.
 * Stores nothing. Every HTTP exchange is told to `deps.log` besides.
 */
export async function diagnose(
  deps: AuthDeps,
  { server, credentials }: { server: string; credentials: Credentials | null },
  show: (step: DiagnosisStep) => void,
): Promise<Diagnosis> {
  /** Runs one step; what it throws ends the walk. */
  async function step<T>(
    name: string,
    work: () => Promise<{ value: T; saw: string; fix?: string }>,
  ): Promise<T> {
    try {
      const { value, saw, fix } = await work();
      show({ name, ok: true, saw, ...(fix === undefined ? {} : { fix }) });
      return value;
    } catch (error) {
      if (error instanceof M2mcpError)
        show({
          name,
          ok: false,
          saw: error.message,
          ...(error.hint === undefined ? {} : { fix: error.hint }),
        });
      throw error;
    }
  }

  try {
    const reached = await step("reach the server", async () => {
      const value = await probe(deps, server);
      return { value, saw: describeProbe(server, value) };
    });
    const skewMs = clockSkew(reached, deps.now());
    if (Math.abs(skewMs) > SKEW_MS)
      show({
        name: "clock",
        ok: true,
        saw: `the clock here is ${inSeconds(-skewMs)} the server's`,
        fix: "set this machine's clock: signatures are dated by the servers' for now",
      });
    const asksForToken = reached.status === 401;
    if (asksForToken)
      await step("challenge", async () => ({ value: true, saw: describeChallenge(reached.challenge) }));
    if (!asksForToken && !credentials) return {};
    await step("protected resource metadata", async () => {
      const found = await discoverResource(deps, server, reached.challenge);
      const saw = found
        ? `resource ${found.resource}, authorization server ${found.issuers.join(", ") || "none"}` +
          (found.dpop ? ", proofs of possession (DPoP) wanted" : "")
        : "none at the well-known places; the server's origin counts as its authorization server";
      return { value: true, saw };
    });
    if (!credentials) {
      const failed = loginNeeded(server);
      const fix = failed.hint ?? "";
      show({ name: "credentials", ok: false, saw: "none are known for this server", fix });
      return { failed };
    }
    const found = await step("authorization server metadata", async () => {
      const value = await discover(deps, server, credentials, reached.challenge);
      return { value, saw: describeIssuer(value, credentials) };
    });
    await step("credentials", async () => ({
      value: true,
      ...(await describeCredentials(deps, credentials, found)),
    }));
    await step("token request", async () => {
      const scope = wantedScope(credentials, found, undefined);
      const { token } = await requestToken(deps, credentials, found, { scope });
      const life =
        token.expiresAtMs === undefined
          ? "no expiry named"
          : `good for ${Math.round((token.expiresAtMs - token.issuedAtMs) / 1000)} s`;
      const about = [`a ${token.tokenType} token`, life, `scope ${token.scope ?? "not named"}`];
      const audience = audienceOf(token.accessToken);
      if (audience) about.push(`for ${audience}`);
      return { value: true, saw: about.join(", ") };
    });
    return {};
  } catch (error) {
    if (error instanceof M2mcpError) return { failed: error };
    throw error;
  }
}

function describeProbe(server: string, { status, headers }: ProbeAnswer): string {
  const type = headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  // What is served to people is no MCP endpoint, whatever its status says.
  if (status === 404 || (status < 400 && type === "text/html"))
    throw notMcp(new URL(server).host, status, type);
  const meaning =
    status === 401
      ? "it asks for a token"
      : status < 400
        ? "it asks for no token"
        : "neither a yes nor a challenge";
  return `HTTP status ${status} without a token: ${meaning}`;
}

function describeChallenge(challenge: Challenge | undefined): string {
  if (!challenge)
    return "none: the 401 has no WWW-Authenticate for Bearer or DPoP; going by the well-known places";
  const { resource_metadata, scope } = challenge.params;
  const parts = [
    challenge.scheme === "dpop" ? "DPoP" : "Bearer",
    resource_metadata ? `resource_metadata ${resource_metadata}` : "no resource_metadata",
    scope ? `scope ${scope}` : "no scope",
  ];
  return parts.join(", ");
}

function describeIssuer(found: Discovered, credentials: Credentials): string {
  const { issuer, tokenEndpoint, mtlsTokenEndpoint, authMethods } = found;
  const endpoint = credentials.tls && mtlsTokenEndpoint ? `${mtlsTokenEndpoint} (mutual TLS)` : tokenEndpoint;
  if (credentials.tokenEndpoint) return `skipped: --token-endpoint ${endpoint}`;
  return `issuer ${issuer}, token endpoint ${endpoint}; client authentication: ${authMethods?.join(", ") ?? "not said, so client_secret_basic"}`;
}

/** Reads the credentials as a token request would, and says what would be sent; never a secret. */
async function describeCredentials(
  deps: AuthDeps,
  credentials: Credentials,
  found: Discovered,
): Promise<{ saw: string; fix?: string }> {
  const { grant, clientId, authentication, assertion, resource } = credentials;
  const audience = assertionAudience(credentials, found);
  const parts = [clientId === "" ? "no client id" : `client ${clientId}`];
  switch (authentication.kind) {
    case "secret":
      await readSecret(authentication.secret, deps.env);
      parts.push(`secret by ${secretMethod(authentication.method, found.authMethods)}`);
      break;
    case "private_key": {
      const { key, passphrase, keyId, signingAlg, certificate } = authentication;
      const signed = await clientAssertion(
        clientId,
        audience,
        {
          text: await readSecret(key, deps.env),
          ...(passphrase ? { passphrase: await readSecret(passphrase, deps.env) } : {}),
          ...(keyId === undefined ? {} : { keyId }),
          ...(signingAlg === undefined ? {} : { signingAlg }),
          ...(certificate ? { certificate: await readSecret(certificate, deps.env) } : {}),
        },
        found.signingAlgs,
        deps.now(),
      );
      const header = JSON.parse(Buffer.from(signed.split(".")[0] ?? "", "base64url").toString());
      parts.push(`private_key_jwt with ${header.alg}, key id ${header.kid ?? "not named"}, for ${audience}`);
      break;
    }
    case "assertion":
      parts.push(`client assertion ${await describeAssertion(deps, authentication.assertion, audience)}`);
      break;
    case "tls":
      parts.push("client certificate");
      break;
    case "none":
      parts.push("no proof of the client");
  }
  if (grant === "jwt-bearer" && assertion)
    parts.push(`grant jwt-bearer with an assertion ${await describeAssertion(deps, assertion, audience)}`);
  if (credentials.tls && authentication.kind !== "tls") parts.push("client certificate besides");
  const scope = wantedScope(credentials, found, undefined);
  parts.push(scope === undefined ? "no scope asked for" : `scope ${scope}`);
  parts.push(resource === null ? "no resource sent" : `resource ${resource ?? found.resource}`);
  if (credentials.audience !== undefined) parts.push(`audience ${credentials.audience}`);
  const saw = parts.join(", ");
  return saw.includes(OVER)
    ? { saw, fix: "the assertion is over: see that the platform renews it" }
    : { saw };
}

const OVER = "it ended ";

/** What a platform's token says of itself: whose it is, whom it is for, how long it lasts. */
async function describeAssertion(deps: AuthDeps, source: AssertionSource, audience: string): Promise<string> {
  const text = await readAssertion(source, audience, deps);
  try {
    const { iss, aud, exp } = decodeJwt(text);
    const leftS = exp === undefined ? undefined : exp - Math.floor(deps.now() / 1000);
    const life =
      leftS === undefined ? "" : leftS <= 0 ? `; ${OVER}${-leftS} s ago` : `; good for ${leftS} s more`;
    return `of ${iss ?? "nobody"} for ${[aud ?? "nobody"].flat().join(" ")}${life}`;
  } catch {
    return "that is no JWT";
  }
}

/** Whom a token is for, where it is a JWT. */
function audienceOf(accessToken: string): string | undefined {
  try {
    const { aud } = decodeJwt(accessToken);
    return aud === undefined ? undefined : [aud].flat().join(" ");
  } catch {
    return undefined;
  }
}
