// What `doctor` finds on the way to a token, one step after the other.
import { M2mcpError } from "../../failure.ts";
import { clockSkew, inSeconds } from "../clock-skew.ts";
import { type Credentials, grantOf, type ReadyToken, type TokenOrigin } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import { askedOf, requireSameIssuer } from "../discovery/cached.ts";
import { discover } from "../discovery/discover.ts";
import { probeEndpoint } from "../discovery/explain.ts";
import type { ProbeAnswer } from "../discovery/probe.ts";
import { discoverResource } from "../discovery/resource.ts";
import { addressCheck } from "../discovery/url.ts";
import { loginNeeded } from "../errors.ts";
import { requestToken } from "../grants/request-token.ts";
import { wantedScope } from "../grants/scope.ts";
import { nameOf } from "../tokens/ready/source-name.ts";
import { describeLife } from "./credential-life.ts";
import { describeCredentials, describeToken } from "./describe-credentials.ts";
import { describeChallenge, describeIssuer, describeProbe, describeResource } from "./describe-server.ts";
import { doubtAboutToken } from "./token-doubts.ts";

/** A clock that is off by more is worth a word, in ms. */
const SKEW_MS = 30_000;

/** One step on the way to a token: what was seen, and what to do where it failed. */
export interface DiagnosisStep {
  name: string;
  ok: boolean;
  saw: string;
  /** What to do, where something is to be done. */
  fix?: string;
}

/** A step that came to a failure. */
export const failedStep = (name: string, { message, hint }: M2mcpError): DiagnosisStep => ({
  name,
  ok: false,
  saw: message,
  ...(hint === undefined ? {} : { fix: hint }),
});

/** What the walk came to. */
export interface Diagnosis {
  /** Why it could not go on; absent when it went through. */
  failed?: M2mcpError;
}

type Show = (step: DiagnosisStep) => void;

/**
 * Walks the way to a token step by step, as login does, and tells what it sees; ends at the first step that fails.
 * Stores nothing. Every HTTP exchange is told to `deps.log` besides.
 */
export async function diagnose(
  deps: AuthDeps,
  { server, credentials }: { server: string; credentials: TokenOrigin | null },
  show: Show,
): Promise<Diagnosis> {
  try {
    const reached = await reach(deps, server, show);
    if (!reached.wantsToken && !credentials) return {};
    if (credentials?.grant === null) {
      await readToken(deps, server, credentials, show);
      return {};
    }
    await step(show, "protected resource metadata", async () => {
      const check = addressCheck(server, grantOf(credentials) ?? {}, deps.allowHttp);
      const saw = describeResource(await discoverResource(deps, check, server, reached.challenge));
      return { value: true, saw };
    });
    if (credentials) await walkToToken(deps, server, credentials, reached, show);
    else {
      const failed = loginNeeded(server);
      const fix = failed.hint ?? "";
      show({ name: "credentials", ok: false, saw: "none are known for this server", fix });
      return { failed };
    }
    return {};
  } catch (error) {
    if (error instanceof M2mcpError) return { failed: error };
    throw error;
  }
}

/** Runs one step; what it throws ends the walk. */
async function step<T>(
  show: Show,
  name: string,
  work: () => Promise<{ value: T; saw: string; fix?: string }>,
): Promise<T> {
  try {
    const { value, saw, fix } = await work();
    show({ name, ok: true, saw, ...(fix === undefined ? {} : { fix }) });
    return value;
  } catch (error) {
    if (error instanceof M2mcpError) show(failedStep(name, error));
    throw error;
  }
}

async function reach(deps: AuthDeps, server: string, show: Show): Promise<ProbeAnswer> {
  const reached = await step(show, "reach the server", async () => {
    const value = await probeEndpoint(deps, server);
    return { value, saw: describeProbe(value) };
  });
  const skewMs = clockSkew(reached, deps.now());
  if (Math.abs(skewMs) > SKEW_MS)
    show({
      name: "clock",
      ok: true,
      saw: `the clock here is ${inSeconds(-skewMs)} the server's`,
      fix: "set this machine's clock: signatures are dated by the servers' for now",
    });
  if (reached.wantsToken)
    await step(show, "challenge", async () => ({ value: true, saw: describeChallenge(reached.challenge) }));
  return reached;
}

/** Reads the token that something else makes: neither metadata nor a grant is on the way to it. */
async function readToken(deps: AuthDeps, server: string, origin: ReadyToken, show: Show): Promise<void> {
  await step(show, "token", async () => {
    const state = (await deps.read()) ?? {};
    const { obtainReadyToken } = await import("../tokens/ready/read-token.ts");
    const { token } = await obtainReadyToken(deps, origin, {
      server,
      reason: {},
      state,
      gathered: undefined,
    });
    const doubt = doubtAboutToken(token, server);
    const saw = `${nameOf(origin.token)} holds ${describeToken(token)}`;
    return { value: true, saw, ...(doubt === undefined ? {} : { fix: doubt }) };
  });
}

async function walkToToken(
  deps: AuthDeps,
  server: string,
  credentials: Credentials,
  { wantsToken, challenge }: ProbeAnswer,
  show: Show,
): Promise<void> {
  const found = await step(show, "authorization server metadata", async () => {
    try {
      const asked = askedOf(credentials, (await deps.read()) ?? {});
      const value = await discover(deps, server, asked, challenge);
      await requireSameIssuer(deps, server, credentials, value);
      return { value, saw: describeIssuer(value, credentials) };
    } catch (error) {
      const isNowhere = error instanceof M2mcpError && error.code === "no_authorization_server";
      if (!isNowhere || wantsToken) throw error;
      return { value: null, saw: "none is named, and none is needed: requests go without a token" };
    }
  });
  if (!found) return;
  await step(show, "credentials", async () => ({
    value: true,
    ...(await describeCredentials(deps, credentials, found)),
  }));
  const life = await describeLife(deps, credentials);
  if (life) show({ name: "life of credentials", ok: true, ...life });
  await step(show, "token request", async () => {
    const scope = wantedScope(credentials, found, undefined);
    const { token } = await requestToken(deps, credentials, found, { scope });
    return { value: true, saw: describeToken(token) };
  });
}
