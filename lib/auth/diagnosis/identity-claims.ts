import { M2mcpError } from "../../failure.ts";
import { claimsOf } from "../claims.ts";
import { audienceAsked } from "../client/authentication.ts";
import { readAssertion } from "../client/secrets.ts";
import type { Credentials, Discovered } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";

/** What the assertion says that proves this machine, or why it cannot be read; undefined where there is none. */
export async function identityClaims(
  deps: AuthDeps,
  credentials: Credentials,
  found: Discovered | undefined,
): Promise<{ claims: Record<string, unknown> | null } | { failure: string } | undefined> {
  const { authentication, assertion } = credentials;
  const [source, use] =
    credentials.grant === "jwt-bearer" && assertion
      ? ([assertion, "grant"] as const)
      : authentication.kind === "assertion"
        ? ([authentication.assertion, "client"] as const)
        : [];
  if (!source || !use || !found) return undefined;
  try {
    const text = await readAssertion(source, audienceAsked(credentials, found, use), deps);
    return { claims: claimsOf(text) ?? null };
  } catch (error) {
    if (error instanceof M2mcpError) return { failure: error.message };
    throw error;
  }
}
