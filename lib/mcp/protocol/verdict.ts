import type { JsonObject } from "../../json.ts";
import { METHOD_NOT_FOUND, type ResponseMessage, type RpcError } from "../jsonrpc/message.ts";
import { type Answer, asRefused, errorIn, type Refused, supportedVersions } from "./answer.ts";
import type { ServerEra } from "./endpoint.ts";
import { namesLostSession } from "./refusals/session-words.ts";
import { namesVersion, versionsNamed } from "./refusals/version-words.ts";
import { onlyReads } from "./repeat-idempotent.ts";
import {
  HEADER_MISMATCH,
  LEGACY_VERSIONS,
  MISSING_CAPABILITY,
  MODERN_VERSIONS,
  UNSUPPORTED_VERSION,
} from "./versions.ts";

/** What was asked, and in which state. */
export interface Asked {
  /** The era of the transport that it was sent over. */
  era: ServerEra;
  method: string;
  /** Whether it was sent in a session that the server had opened. */
  inSession?: boolean;
  /** Whether the server has answered in this era, or is known for it: else the era itself is in question. */
  proven?: boolean;
  /** Whether the era is our own guess, not a client's choice: then a refusal settles no more than that. */
  guessed?: boolean;
  /** Whether the session is an earlier process's, and has not answered yet. */
  remembered?: boolean;
  /** Whether sessions opened anew for such a refusal met it too: then it is the method's own. */
  refusedAfresh?: boolean;
  /** The version that a handshake of ours asked for. */
  version?: string;
}

/** What an answer means. `isOfCall`: unless it refuses the call itself, which is not made again to find out. */
export type Verdict =
  | { kind: "answered" }
  /** The server's own word on this request: it goes to the client as it is. */
  | { kind: "method_error" }
  /** The server does not know the session; where that is not `sure`, a new one that meets the same shows that it was not. */
  | { kind: "session_lost"; sure: boolean; isOfCall?: true }
  /** The server is, or may be, of another era: these are asked, likeliest first. */
  | { kind: "other_era"; eras: ServerEra[]; isOfCall?: true }
  /** The server refuses the version and speaks, or may speak, these. */
  | { kind: "other_version"; versions: string[] }
  /** The server misses headers that mirror the body (MCP 2026-07-28 "Standard Request Headers"). */
  | { kind: "headers_missing" }
  /** A refusal that nothing here can cure. */
  | { kind: "refused" };

/**
 * What an answer to a request means: the one place that decides it, from what was asked in which state, and from status,
 * JSON-RPC error and words of the answer. Authorization, redirects and waits are judged before, where HTTP is done.
 */
export function judge(asked: Asked, answer: Answer): Verdict {
  const error = errorIn(answer);
  if (answer.kind === "response" && !error) return judgeResult(asked, answer.message);
  const said = asRefused(answer);
  const loss = lossOf(asked, said);
  const ofCall = namesCall(asked, said) ? { isOfCall: true as const } : {};
  if (loss === "sure") return { kind: "session_lost", sure: true };
  if (loss) return { kind: "session_lost", sure: false, ...ofCall };
  const versions = otherVersions(asked, said);
  if (versions.length > 0) return { kind: "other_version", versions };
  if (error?.code === HEADER_MISMATCH && asked.era === "modern" && asked.method === "tools/call")
    return { kind: "headers_missing" };
  const eras = otherEras(asked, said);
  if (eras.length > 0) return { kind: "other_era", eras, ...(namesLoss(said) ? {} : ofCall) };
  return { kind: error ? "method_error" : "refused" };
}

/** A result is an answer, but where it shows that the server speaks another era than the one it was asked in. */
function judgeResult({ era, method, proven }: Asked, message: ResponseMessage): Verdict {
  // A long result would be read again only to be looked at.
  if (proven) return { kind: "answered" };
  const { result } = message;
  // A server that agrees to a version without a handshake speaks that one.
  if (method === "initialize" && MODERN_VERSIONS.includes(String(result?.protocolVersion)))
    return { kind: "other_era", eras: ["modern"] };
  if (era === "modern" && method === "server/discover" && !isDiscovered(result))
    return { kind: "other_era", eras: ["legacy"] };
  return { kind: "answered" };
}

/** Whether this is the answer of a server that knows `server/discover`. */
export const isDiscovered = (result: JsonObject | undefined): boolean =>
  Array.isArray(result?.supportedVersions);

// — a session that is lost —

/** What servers built like the official SDK's examples answer, with status 400, in a session they do not know. */
const BAD_REQUEST = -32000;
/** Codes with which servers name the session in a response of status 200. */
const SESSION_CODES = [-32000, -32001, -32600];
/** Of these, the codes of "no such session" in the SDKs. */
const SDK_CODES = [-32000, -32001];

/**
 * An error that names the method is no lost session; words about a session are one, at any status, unless sessions opened
 * for such words met them again.
 */
function lossOf(asked: Asked, said: Refused): "sure" | "likely" | undefined {
  const { status, error, id, words = "" } = said;
  const { code } = error ?? {};
  if (!asked.inSession || asked.refusedAfresh || code === METHOD_NOT_FOUND) return undefined;
  const data = typeof error?.data === "string" ? error.data : "";
  const isNamed = [error?.message ?? "", data, words].some(namesLostSession);
  // A tool may have sessions of its own to speak of; what else is asked of a server has none.
  const isOurs =
    status >= 300 || !error || asked.method !== "tools/call" || SESSION_CODES.includes(code ?? 0);
  if (isNamed && isOurs) return "sure";
  if (asked.remembered && [400, 404, 405, 410].includes(status))
    return namesCall(asked, said) ? "likely" : "sure";
  if (status === 404) return !error || id === null || SDK_CODES.includes(error.code) ? "likely" : undefined;
  if (status === 410) return error || said.words !== undefined ? undefined : "likely";
  return status === 400 && code === BAD_REQUEST && id === null ? "likely" : undefined;
}

/** Whether an error names a call that does more than read: it may be of what that came to, so it is not made again to find out. */
const namesCall = ({ method }: Asked, { error, id }: Refused): boolean =>
  error !== undefined && typeof id === "string" && method !== "initialize" && !onlyReads(method);

/** Whether a refusal says that the server does not know the session, whatever was asked in it. */
export const namesLoss = (refusal: Refused): boolean =>
  lossOf({ era: "legacy", method: "", inSession: true }, refusal) !== undefined;

// — another version —

/** Versions to ask for in place of the one that a server refused, likeliest first. */
function otherVersions({ era, method, version }: Asked, { status, error, words = "" }: Refused): string[] {
  if (version === undefined || status > 500) return [];
  if (era === "modern")
    return error?.code === UNSUPPORTED_VERSION && MODERN_VERSIONS.includes(version)
      ? supportedVersions(error).filter((theirs) => MODERN_VERSIONS.includes(theirs))
      : [];
  if (method !== "initialize") return [];
  const isNamed = namesVersion(error?.message ?? words);
  if (!error && !isNamed) return [];
  const named = versionsNamed({ ...(error ? { error } : {}), words }, version);
  const common = named.filter((theirs) => LEGACY_VERSIONS.includes(theirs) && theirs !== version);
  return named.length > 0 || !isNamed ? common : LEGACY_VERSIONS.slice(LEGACY_VERSIONS.indexOf(version) + 1);
}

// — another era —

const isModernError = ({ code }: RpcError) =>
  code === HEADER_MISMATCH || code === MISSING_CAPABILITY || code === UNSUPPORTED_VERSION;

/** Statuses that tell of authorization, load or an outage, never of an era. */
const tellsNothing = (status: number) =>
  status >= 500 || [401, 403, 407, 408, 413, 425, 429].includes(status);

const hasAny = (versions: readonly string[], among: readonly string[]) =>
  versions.some((version) => among.includes(version));

function otherEras({ era, method, proven, guessed }: Asked, said: Refused): ServerEra[] {
  if (era === "modern") return afterModern(said, method, guessed === true);
  if (proven) {
    if (era === "sse" && said.error?.code !== METHOD_NOT_FOUND)
      return said.status < 300 || tellsNothing(said.status) ? [] : ["legacy", "modern"];
    return said.error && isModernError(said.error) ? afterInitialize(said) : [];
  }
  if (era === "sse" && !said.error) return tellsNothing(said.status) ? [] : ["legacy", "modern"];
  return afterInitialize(said);
}

/**
 * After a legacy `initialize` was refused: a modern server names itself by its error codes or does not know the method; a
 * bare 4xx may hide an HTTP+SSE server (MCP 2025-11-25 "Backwards Compatibility"), or come from a gateway that misses the
 * modern headers.
 */
function afterInitialize({ status, error }: Refused): ServerEra[] {
  if (tellsNothing(status)) return [];
  const maybeSse = status === 400 || status === 404 || status === 405;
  if (!error) return maybeSse ? ["sse", "modern"] : [];
  const theirs = supportedVersions(error);
  if (theirs.length > 0) return hasAny(theirs, MODERN_VERSIONS) ? ["modern"] : [];
  if (isModernError(error) || error.code === METHOD_NOT_FOUND) return ["modern"];
  if (status < 400) return [];
  return maybeSse ? ["modern", "sse"] : ["modern"];
}

/**
 * After a modern request was refused (MCP 2026-07-28 Streamable HTTP "Backward Compatibility"): a recognized modern error
 * is a modern server, unless all versions it names are legacy; 404 with "method not found" is one too, but for
 * `server/discover`, which each modern server has; any other 4xx is a legacy one. Where the era was guessed, every other
 * refusal settles no more than that the handshake is tried next.
 */
function afterModern({ status, error }: Refused, method: string, guessed: boolean): ServerEra[] {
  if (error && isModernError(error)) {
    const theirs = supportedVersions(error);
    return hasAny(theirs, LEGACY_VERSIONS) && !hasAny(theirs, MODERN_VERSIONS) ? ["legacy"] : [];
  }
  const probes = method === "server/discover";
  if (guessed) return ["legacy"];
  if (tellsNothing(status)) return [];
  if (status < 400) return error && probes ? ["legacy"] : [];
  return error?.code === METHOD_NOT_FOUND && !probes ? [] : ["legacy"];
}
