// From an HTTP request to who takes it.
import type { IncomingMessage } from "node:http";
import { isBatch } from "../../mcp/jsonrpc/batch.ts";
import type { Text } from "../../mcp/jsonrpc/bytes.ts";
import { INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR } from "../../mcp/jsonrpc/message.ts";
import { parseMessages } from "../../mcp/jsonrpc/parse.ts";
import { META_VERSION, metaOf } from "../../mcp/protocol/meta.ts";
import { LEGACY_VERSIONS, MODERN_VERSIONS } from "../../mcp/protocol/versions.ts";
import type { ServeContext } from "./context.ts";
import { type AdmissionRules, type Denial, denialOf, type Head, one, unclear } from "./http/admission.ts";
import { BodyRefused, readBody } from "./http/read-request.ts";
import type { Reply } from "./http/reply.ts";
import { takeLegacyPost } from "./legacy/post.ts";
import { endSession, takeStream } from "./legacy/stream.ts";
import type { MetricsPage } from "./measures.ts";
import { takeModernPost } from "./modern/post.ts";

export interface Routing {
  context: ServeContext;
  rules: AdmissionRules;
  /** Aborted once nothing new is to come. */
  stop: AbortSignal;
  /** Whether a token is at hand and the server answers; says what is wrong. */
  ready(): Promise<{ ok: boolean; words: string }>;
  /** What is told at `/metrics`; absent: there is no such place. */
  page?: MetricsPage | undefined;
}

/** What is there to be looked at, and knows of nobody. */
const READ_ALONE: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

/** Answers one HTTP request. Never rejects. */
export async function route(routing: Routing, incoming: IncomingMessage, reply: Reply): Promise<void> {
  const { path, head } = targetOf(incoming);
  if (routing.stop.aborted) reply.header("connection", "close");
  try {
    const doubt = unclear(incoming.rawHeaders, incoming.httpVersion);
    if (doubt) return reply.refuse(doubt.status, { code: INVALID_REQUEST, message: doubt.words });
    const isRead = incoming.method === "GET" || incoming.method === "HEAD";
    if (!isRead && (READ_ALONE.has(path) || (path === "/metrics" && routing.page)))
      return notAllowed(reply, "GET, HEAD");
    // Probes come by addresses, and know no secrets.
    if (path === "/healthz") return plain(reply, 200, "ok");
    if (path === "/readyz") {
      const { ok, words } = await routing.ready();
      return plain(reply, ok ? 200 : 503, words);
    }
    const denial = await denied(head, routing.rules);
    if (denial?.challenge) reply.header("www-authenticate", denial.challenge);
    if (denial) return reply.refuse(denial.status, { code: -32000, message: denial.words });
    if (path === "/metrics" && routing.page)
      return reply.whole(200, await routing.page.text(), routing.page.type);
    if (path !== "/mcp") return plain(reply, 404, "there is nothing here; the endpoint is /mcp");
    await endpoint(routing.context, incoming, reply);
  } catch (error) {
    if (error instanceof BodyRefused)
      return reply.refuse(error.status, { code: INVALID_REQUEST, message: error.message });
    reply.refuse(500, { code: INTERNAL_ERROR, message: "internal error in m2mcp" });
    reply.end();
    routing.context.endpoint.log(`a request failed: ${error instanceof Error ? error.name : typeof error}`);
  }
}

/** What is asked for; a proxy may name it whole, and its host then counts (RFC 9112 §3.2.2). */
function targetOf({ url = "/", headers }: IncomingMessage): { path: string; head: Head } {
  const whole = url.startsWith("/") ? undefined : URL.parse(url);
  if (whole) return { path: whole.pathname, head: { ...headers, host: whole.host } };
  const end = url.indexOf("?");
  return { path: end < 0 ? url : url.slice(0, end), head: headers };
}

/** Why a request is not taken, by the bearer as it is by now. */
async function denied(head: Head, rules: AdmissionRules): Promise<Denial | undefined> {
  const { bearer } = rules;
  const looked = bearer?.fresh(false);
  if (looked) await looked;
  const denial = denialOf(head, rules);
  const again = denial?.status === 401 ? bearer?.fresh(true) : undefined;
  if (!again) return denial;
  await again;
  return denialOf(head, rules);
}

const plain = (reply: Reply, status: number, words: string) =>
  reply.whole(status, `${words}\n`, "text/plain");

function endpoint(context: ServeContext, incoming: IncomingMessage, reply: Reply): Promise<void> | void {
  const { method, headers } = incoming;
  const version = one(headers["mcp-protocol-version"]);
  const isModern = version !== undefined && MODERN_VERSIONS.includes(version);
  if (isModern && method !== "POST") return notAllowed(reply, "POST");
  if (method === "POST") return post(context, incoming, reply, version);
  if (version !== undefined && !LEGACY_VERSIONS.includes(version)) return unsupported(reply, version);
  if (method === "DELETE") return endSession(context, incoming, reply);
  if (method !== "GET") return notAllowed(reply, "GET, POST, DELETE");
  if (!accepts(headers.accept, ["text/event-stream"]))
    return reply.refuse(406, { code: -32000, message: "Not Acceptable: accept text/event-stream" });
  return takeStream(context, incoming, reply);
}

function notAllowed(reply: Reply, allowed: string): void {
  reply.header("allow", allowed);
  reply.refuse(405, { code: -32000, message: "Method not allowed." });
}

const unsupported = (reply: Reply, version: string) =>
  reply.refuse(400, {
    code: -32000,
    message: `Bad Request: Unsupported protocol version ${version} (supported: ${[...MODERN_VERSIONS, ...LEGACY_VERSIONS].join(", ")})`,
  });

async function post(
  context: ServeContext,
  incoming: IncomingMessage,
  reply: Reply,
  version: string | undefined,
): Promise<void> {
  const { headers } = incoming;
  if (!accepts(headers.accept, ["application/json", "text/event-stream"]))
    return reply.refuse(406, {
      code: -32000,
      message: "Not Acceptable: accept both application/json and text/event-stream",
    });
  if (!/^application\/json\s*(;|$)/i.test(headers["content-type"] ?? ""))
    return reply.refuse(415, { code: -32000, message: "Unsupported Media Type: send application/json" });
  if (!/^(?:identity)?$/i.test(headers["content-encoding"] ?? "")) {
    reply.header("accept-encoding", "identity");
    return reply.refuse(415, { code: -32000, message: "Unsupported Media Type: send it without a coding" });
  }
  const { text, done } = await readBody(incoming, context.endings, reply);
  if (!done) return take(context, incoming, text, version, reply);
  try {
    await take(context, incoming, text, version, reply);
  } finally {
    void Promise.all(reply.outlasting).then(done);
  }
}

/** Takes what was posted. */
async function take(
  context: ServeContext,
  incoming: IncomingMessage,
  body: Text,
  version: string | undefined,
  reply: Reply,
): Promise<void> {
  const messages = parseMessages(body);
  const [first] = messages;
  if (!first) return reply.refuse(400, { code: PARSE_ERROR, message: "there is no message" });
  const saysModern =
    (first.kind === "request" || first.kind === "notification") && META_VERSION in metaOf(first);
  const isModern =
    (version !== undefined && MODERN_VERSIONS.includes(version)) ||
    saysModern ||
    (first.kind === "request" && first.method === "server/discover");
  if (isModern && !isBatch(body, messages)) return takeModernPost(context, incoming, body, first, reply);
  if (isModern) return reply.refuse(400, { code: INVALID_REQUEST, message: "this version has no batches" });
  const isHandshake = first.kind === "request" && first.method === "initialize";
  if (version !== undefined && !isHandshake && !LEGACY_VERSIONS.includes(version))
    return unsupported(reply, version);
  return takeLegacyPost(context, incoming, body, messages, reply);
}

/** What clients name as a rule. */
const USUAL = "application/json, text/event-stream";

/** Whether a client takes all of these types (RFC 9110 §12.5.1). @param types of the usual ones */
function accepts(header: string | undefined, types: readonly string[]): boolean {
  if (header === USUAL) return true;
  const ranges = (header ?? "")
    .toLowerCase()
    .split(",")
    .filter((range) => !/;\s*q=0(?:\.0*)?\s*(?:;|$)/.test(range))
    .map((range) => range.split(";")[0]?.trim());
  return types.every((type) =>
    [type, `${type.split("/")[0]}/*`, "*/*"].some((range) => ranges.includes(range)),
  );
}
