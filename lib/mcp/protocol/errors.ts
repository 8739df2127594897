// Failures of the MCP server and of its protocol.
import { type AnsweredError, EXIT, M2mcpError } from "../../failure.ts";

/** Each subscription holds a connection; more of them would leave none for requests. */
export const tooManySubscriptions = (most: number) =>
  new M2mcpError(
    "subscriptions",
    EXIT.usage,
    `${most} subscriptions are open already, and each needs a connection of its own`,
    "cancel one first, or put what is wanted into one subscriptions/listen",
  );

export const sessionLost = (what: string) =>
  new M2mcpError(
    "session_lost",
    EXIT.network,
    `${what} ended the session while the call was running; whether it was carried out is not known`,
    "check the outcome, then try again",
  );

export const sessionGone = (what: string, status: number) =>
  new M2mcpError(
    "session_gone",
    EXIT.network,
    `${what} ended the session and opened no new one (HTTP status ${status}); the call was not carried out`,
    "try again later",
  );

/** Nobody could hear what comes of a call any more, so that it was not let go on. */
export const callGivenUp = () =>
  new M2mcpError(
    "call_given_up",
    EXIT.network,
    "the process that held the call has ended, and the call's stream cannot be resumed; the server was told to give the call up",
    "call again",
  );

export const wrongContentType = (what: string, contentType: string | null) =>
  new M2mcpError(
    "content_type",
    EXIT.server,
    `${what} answered with ${contentType ? `content type ${contentType}` : "no content"} instead of an MCP message`,
    "check the address; a proxy or a sign-in page may stand in the way",
  );

/** The server answered a request with a JSON-RPC error: its words, unchanged. */
export const serverError = (error: AnsweredError) =>
  new M2mcpError(
    "server_error",
    EXIT.server,
    `the server answered with error ${error.code}: ${error.message}`,
    undefined,
    true,
    error,
  );

/** @param inputs what is asked for, as methods or capabilities */
export const inputNeeded = (what: string, inputs: readonly string[]) =>
  new M2mcpError(
    "input_needed",
    EXIT.server,
    `${what} asks for input (${[...new Set(inputs)].join(", ") || "of unknown kind"}), which a one-off command cannot give`,
    inputs.some((input) => input.startsWith("elicitation"))
      ? "run it at a terminal, which shows the questions, answer them with --answers FILE, or use it over m2mcp bridge"
      : "use it from an MCP host, over m2mcp bridge",
  );

/** The server wants a person to have been at an address, which must be whole, before (MCP 2025-11-25 URLElicitationRequiredError). */
export const visitNeeded = (what: string, urls: readonly string[]) =>
  new M2mcpError(
    "visit_needed",
    EXIT.server,
    `${what} wants a person to visit ${urls.join(" and ")} first`,
    "open it in a browser, then run the command again",
    true,
  );

export const noCommonVersion = (ours: readonly string[], theirs: readonly string[]) =>
  new M2mcpError(
    "protocol_version",
    EXIT.server,
    `no protocol version in common: here ${ours.join(", ")}; the server ${theirs.join(", ") || "names none"}`,
    "update m2mcp or the server",
  );

/** HTTP+SSE (MCP 2024-11-05): tokens must not follow an address elsewhere. */
export const endpointElsewhere = (what: string, where: string) =>
  new M2mcpError(
    "endpoint_elsewhere",
    EXIT.server,
    `${what} names an endpoint of another origin (${where}); credentials are not carried there`,
    "if you trust that address, use it instead",
  );

/** A POST was answered by the stream of the deprecated HTTP+SSE transport (MCP 2024-11-05). */
export const oldTransport = (what: string) =>
  new M2mcpError(
    "old_transport",
    EXIT.server,
    `${what} answers with the stream of the deprecated HTTP+SSE transport`,
    "leave out --protocol, or give --protocol 2024-11-05",
  );

/** The first exchange with a server has a limit of its own: hosts give up soon after it, and leave us behind. */
export const serverSilent = (what: string, limitMs: number) =>
  new M2mcpError(
    "timeout",
    EXIT.network,
    `no answer from ${what} within ${limitMs / 1000} s: the server is silent`,
    "check that it is running and reachable from here, or give it longer with --timeout SECONDS",
  );
