import type { M2mcpError } from "../../failure.ts";
import type { AuthDeps } from "../deps.ts";
import { noEndpoint, signInPage } from "../errors.ts";
import { likelyEndpoint, lookInstead } from "./address.ts";
import { type ProbeAnswer, probe } from "./probe.ts";

/** Statuses of what is not there, or not for POST. */
const ABSENT = [404, 405, 410, 501];
/** Failures of a request that is answered by something else than MCP. */
const ANSWERED_OTHERWISE = ["content_type", "redirect", "invalid_answer"];
/** Failures of discovery that may come of a wrong address as well. */
const OF_DISCOVERY = ["no_authorization_server", "resource_mismatch", "no_metadata", "metadata_refused"];

/** What is known of an address by a request that failed there, or by a probe. */
interface Met {
  status: number | undefined;
  /** The request bore a token. */
  hadToken: boolean;
}

/**
 * A failed request in the words of its likely cause: there is no MCP endpoint at the address, or a page where people
 * sign in. Looks at the address once more, without a token; the same failure where that explains nothing.
 *
 * @param hadToken whether the request bore one
 */
export async function explainRequest(
  deps: AuthDeps,
  server: string,
  error: M2mcpError,
  hadToken: boolean,
): Promise<M2mcpError> {
  const { code, status } = error;
  const isOther = code === "http_status" && isElsewhere(status ?? 0);
  if (!isOther && !ANSWERED_OTHERWISE.includes(code)) return error;
  return (
    (await insteadOf(deps, server, { status: code === "http_status" ? status : undefined, hadToken })) ??
    error
  );
}

/** The same for a failure of discovery, which may come of a wrong address as well. */
export async function explainDiscovery(
  deps: AuthDeps,
  server: string,
  error: M2mcpError,
): Promise<M2mcpError> {
  return OF_DISCOVERY.includes(error.code) ? ((await absence(deps, server)) ?? error) : error;
}

/**
 * Why there is no MCP endpoint at an address, as far as it shows without a token; undefined where there may be one.
 * Never throws for what it meets there.
 */
export async function absence(deps: AuthDeps, server: string): Promise<M2mcpError | undefined> {
  const met = await probe(deps, server).catch(() => undefined);
  return met && absenceBy(deps, server, met);
}

/**
 * How an endpoint meets a request without a token.
 *
 * @throws M2mcpError not_mcp, sign_in_page where there is none; as `probe`
 */
export async function probeEndpoint(deps: AuthDeps, server: string): Promise<ProbeAnswer> {
  const met = await probe(deps, server);
  const absent = await absenceBy(deps, server, met);
  if (absent) throw absent;
  return met;
}

async function absenceBy(deps: AuthDeps, server: string, met: ProbeAnswer): Promise<M2mcpError | undefined> {
  if (met.isMessage) return undefined;
  const isPage = met.status < 300 && /^text\/html\b/i.test(met.headers.get("content-type") ?? "");
  const seen = { status: met.status, hadToken: false };
  if (!met.wantsToken) return isPage || isElsewhere(met.status) ? insteadOf(deps, server, seen) : undefined;
  // A gateway may answer all paths so, and show people where they sign in.
  const found = met.challenge ? undefined : await insteadOf(deps, server, seen);
  return found?.code === "sign_in_page" ? found : undefined;
}

const isElsewhere = (status: number) => ABSENT.includes(status) || (status >= 300 && status < 400);

async function insteadOf(
  deps: AuthDeps,
  server: string,
  { status, hadToken }: Met,
): Promise<M2mcpError | undefined> {
  const instead = await lookInstead(deps, server);
  // What a token has been answered with says more than the guard at the door.
  if (instead.kind === "endpoint" || (instead.kind === "guarded" && !hadToken)) return undefined;
  const likely = await likelyEndpoint(deps, server, status === 401);
  if (instead.kind === "sign_in") return signInPage(server, instead.at, likely);
  const page = instead.kind === "page" ? "with a page for people" : "with what is no MCP message";
  const answers = status === undefined || status < 400 ? page : `with HTTP status ${status}`;
  return noEndpoint(server, hadToken ? `the token ${answers}` : answers, likely);
}
