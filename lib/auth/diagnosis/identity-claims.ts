import { M2mcpError } from "../../failure.ts";
import { allClaimsOf } from "../claims.ts";
import { audienceAsked } from "../client/authentication.ts";
import { isPlatformSource, readAssertion } from "../client/secrets.ts";
import type { AssertionSource, Credentials, Discovered } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";

/** What the assertion says that proves this machine, or why it cannot be read; undefined where there is none. */
export async function identityClaims(
  deps: AuthDeps,
  credentials: Credentials,
  found: Discovered | undefined,
): Promise<{ claims: Record<string, unknown> | null } | { failure: string } | undefined> {
  const given = identityOf(credentials);
  if (!given || !found) return undefined;
  try {
    const audience = audienceAsked(credentials, found, given.use);
    const text = await readAssertion(given.source, audience, deps);
    return { claims: allClaimsOf(text) ?? null };
  } catch (error) {
    if (error instanceof M2mcpError) return { failure: error.message };
    throw error;
  }
}

/** Where it comes from that this machine, or a person, is who they say, and what it is sent as. */
function identityOf({ grant, authentication, assertion, subject }: Credentials): Identity | undefined {
  if (grant === "jwt-bearer" && assertion && assertion.from !== "signed")
    return { source: assertion, use: "grant" };
  // What a platform hands out is for somebody: for the identity provider, which is not known here.
  const isAtProvider = grant === "id-jag";
  if (subject && !(isAtProvider && isPlatformSource(subject.source)))
    return { source: subject.source, use: "grant" };
  return authentication.kind === "assertion"
    ? { source: authentication.assertion, use: "client" }
    : undefined;
}

interface Identity {
  source: AssertionSource;
  use: "client" | "grant";
}
