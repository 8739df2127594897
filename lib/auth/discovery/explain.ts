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

/**
 * A failure in the words of its likely cause: there is no MCP endpoint at the address, or a page where people sign in.
 * Looks at the address once more, without a token; the same failure where that explains nothing.
 *
 * @param during discovery, or a request to the server with a token or without
 */
export async function explain(
  deps: AuthDeps,
  server: string,
  error: M2mcpError,
  during: "discovery" | "request" | "request with token",
): Promise<M2mcpError> {
  const isRequest = during !== "discovery";
  if (!(isRequest ? isAnsweredOtherwise(error) : OF_DISCOVERY.includes(error.code))) return error;
  const met = isRequest ? undefined : await probe(deps, server).catch(() => undefined);
  if (!isRequest && !met) return error;
  const instead = await lookInstead(deps, server);
  const isAbsent = isRequest || (met !== undefined && isNoEndpoint(met));
  if (instead.kind !== "sign_in" && !isAbsent) return error;
  const likely = await likelyEndpoint(deps, server);
  if (instead.kind === "sign_in") return signInPage(server, instead.at, likely);
  const status = error.code === "http_status" ? error.status : met?.status;
  const page = instead.kind === "page" ? "with a page for people" : "with what is no MCP message";
  const answers = status === undefined || status < 400 ? page : `with HTTP status ${status}`;
  return noEndpoint(server, during === "request with token" ? `the token ${answers}` : answers, likely);
}

const isAnsweredOtherwise = ({ code, status }: M2mcpError) =>
  ANSWERED_OTHERWISE.includes(code) || (code === "http_status" && ABSENT.includes(status ?? 0));

/** Whether a server meets a request without a token as one does that knows no MCP at this path. */
const isNoEndpoint = ({ status, wantsToken, isMessage, headers }: ProbeAnswer) =>
  !wantsToken &&
  !isMessage &&
  (ABSENT.includes(status) ||
    (status >= 300 && status < 400) ||
    (status < 300 && /^text\/html\b/i.test(headers.get("content-type") ?? "")));
