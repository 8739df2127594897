import { M2mcpError } from "../errors.ts";
import type { Challenge } from "./challenge.ts";
import type { AuthDeps } from "./deps.ts";
import { discover, discoverResource } from "./discovery.ts";
import { requestToken, wantedScope } from "./grant.ts";
import { probe } from "./probe.ts";
import type { Credentials } from "./types.ts";

/** One step on the way to a token: what was seen, and what to do where it failed. */
export interface DiagnosisStep {
  name: string;
  ok: boolean;
  saw: string;
  fix?: string;
}

/**
 * Walks the way to a token step by step, as login does, and tells what it sees; ends at the first step that fails.
 * Stores nothing. Every HTTP exchange is told to `deps.log` besides.
 */
export async function diagnose(
  deps: AuthDeps,
  { server, credentials }: { server: string; credentials: Credentials | null },
): Promise<DiagnosisStep[]> {
  const steps: DiagnosisStep[] = [];
  /** Runs one step; undefined when it failed. */
  async function step<T>(
    name: string,
    work: () => Promise<{ value: T; saw: string }>,
  ): Promise<T | undefined> {
    try {
      const { value, saw } = await work();
      steps.push({ name, ok: true, saw });
      return value;
    } catch (error) {
      if (!(error instanceof M2mcpError)) throw error;
      steps.push({
        name,
        ok: false,
        saw: error.message,
        ...(error.hint === undefined ? {} : { fix: error.hint }),
      });
      return undefined;
    }
  }

  const reached = await step("reach the server", async () => {
    const found = await probe(deps, server);
    return { value: found, saw: `HTTP status ${found.status} without a token` };
  });
  if (!reached) return steps;
  if (reached.status === 401)
    await step("challenge", async () => ({ value: true, saw: describeChallenge(reached.challenge) }));
  if (reached.status !== 401 && !credentials) return steps;
  await step("protected resource metadata", async () => {
    const found = await discoverResource(deps, server, reached.challenge);
    const saw = found
      ? `resource ${found.resource}, authorization server ${found.issuers.join(", ") || "none"}`
      : "none; the server's origin counts as its authorization server";
    return { value: true, saw };
  });
  if (steps.at(-1)?.ok === false) return steps;
  if (!credentials) {
    steps.push({
      name: "credentials",
      ok: false,
      saw: "none are known for this server",
      fix: `m2mcp login ${server} --client-id ID --client-secret SECRET`,
    });
    return steps;
  }
  const found = await step("authorization server metadata", async () => {
    const value = await discover(deps, server, credentials, reached.challenge);
    const methods = value.authMethods?.join(", ") ?? "not said, so client_secret_basic";
    return { value, saw: `token endpoint ${value.tokenEndpoint}; client authentication: ${methods}` };
  });
  if (!found) return steps;
  await step("token request", async () => {
    const scope = wantedScope(credentials, found, undefined);
    const { token } = await requestToken(deps, credentials, found, { scope });
    const life =
      token.expiresAtMs === undefined
        ? "no expiry named"
        : `good for ${Math.round((token.expiresAtMs - token.issuedAtMs) / 1000)} s`;
    return { value: true, saw: `a ${token.tokenType} token, ${life}, scope ${token.scope ?? "none named"}` };
  });
  return steps;
}

function describeChallenge(challenge: Challenge | undefined): string {
  if (!challenge) return "none: the 401 has no WWW-Authenticate for Bearer; going by the well-known places";
  const { resource_metadata, scope } = challenge.params;
  return [
    challenge.scheme,
    resource_metadata ? `resource_metadata ${resource_metadata}` : "no resource_metadata",
    scope ? `scope ${scope}` : "",
  ]
    .filter((part) => part !== "")
    .join(", ");
}
