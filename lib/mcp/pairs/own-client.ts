import { isObject, type JsonObject, objectOf } from "../../json.ts";
import { hostOf } from "../../net/network-error.ts";
import type { Ids } from "../jsonrpc/id.ts";
import {
  exactParams,
  INVALID_PARAMS,
  METHOD_NOT_FOUND,
  ownRequest,
  type RequestMessage,
  resultResponse,
} from "../jsonrpc/message.ts";
import { handshake } from "../legacy/initialize.ts";
import { type Answer, answered, asRefused, errorIn } from "../protocol/answer.ts";
import { mayBeAsked, missingCapability } from "../protocol/capabilities.ts";
import type { Endpoint, SavedSession, ServerEra } from "../protocol/endpoint.ts";
import type { OwnIdentity } from "../protocol/meta.ts";
import type { Call, OnMessage, Transport } from "../protocol/transport.ts";
import { isDiscovered, judge } from "../protocol/verdict.ts";
import { inputMethods } from "../translate/gather-input.ts";
import { withModernMeta } from "../translate/to-modern.ts";
import { type EraTransport, type Opened, type SessionTransport, withOpen } from "./era-transport.ts";
import { InputNeeded } from "./input-needed.ts";
import { ofKnownType } from "./known-type.ts";
import { throughRounds } from "./rounds.ts";
import { discovered } from "./same-era.ts";

export interface OwnClientOptions {
  endpoint: Endpoint;
  ids: Ids;
  client: OwnIdentity;
  transport: Transport;
}

/**
 * A client of our own at a modern server: each request is sent with our `_meta`; the first is the question for the era
 * itself, so that one that is answered costs no other.
 */
export function ownToModern({ endpoint, ids, client, transport }: OwnClientOptions): EraTransport {
  const host = hostOf(endpoint.url);
  const { capabilities, extensions, logLevel } = client;
  const declared = extensions ? { ...objectOf(capabilities), extensions } : capabilities;
  const identity = { clientInfo: client.clientInfo, capabilities: declared };

  /** The era has no ping: a discovery is a sign of life as well. */
  const methodOf = ({ method }: RequestMessage) => (method === "ping" ? "server/discover" : method);

  const saying = (method: string, params: JsonObject) =>
    ownRequest(ids.next(), method, withModernMeta(params, identity, logLevel));

  function send({ message, signal, onMessage, gather }: Call): Promise<Answer> {
    const method = methodOf(message);
    return throughRounds(modernParams(message), {
      send: (params) => transport.request({ message: saying(method, params), signal, onMessage }),
      gather(wanted) {
        if (gather && canGive(wanted, capabilities)) return gather(wanted);
        throw new InputNeeded(inputMethods(wanted));
      },
      signal,
      host,
    }).then((answer) => ofKnownType(answer, method, host));
  }

  const discovery = (first: Call): Call => ({
    ...first,
    message: ownRequest(ids.next(), "server/discover", {}),
  });

  async function open(first: Call, isKnown: boolean): Promise<Opened> {
    const answer = await send(first);
    const asked = methodOf(first.message);
    const error = errorIn(answer);
    if (answer.kind === "response" && !error) {
      const said = asked === "server/discover" ? discovered(answer) : undefined;
      if (said?.kind === "refused") return said;
      return { kind: "opened", proven: isKnown || saysModern(answer.message.result), answer };
    }
    const verdict = judge({ era: "modern", method: asked, proven: isKnown, guessed: !isKnown }, answer);
    if (verdict.kind !== "other_era") return { kind: "opened", proven: true, answer };
    // A server of both eras, or a known one, may have refused the request for its own sake.
    const isUnclear = isKnown || (error && isOwnError(answer, error.code));
    if (
      isUnclear &&
      asked !== "server/discover" &&
      discovered(await send(discovery(first))).kind !== "refused"
    )
      return { kind: "opened", proven: true, answer };
    // It may have been carried out: a server that answers without a handshake has refused it for its own sake.
    const isOwn =
      verdict.isOfCall && (await answersAnyone(transport, saying("prompts/list", {}), first.signal));
    return isOwn ? { kind: "opened", proven: false, answer } : asRefused(answer);
  }

  return withOpen(transport, open, send);
}

/** Whether a legacy server answers a list, short for the most part, without a handshake: a `ping` it may answer to all (MCP "Lifecycle"). */
async function answersAnyone(
  transport: Transport,
  message: RequestMessage,
  signal: AbortSignal,
): Promise<boolean> {
  const answer = await transport.request({ message, signal, onMessage: async () => {} });
  return answer.kind === "response" && [undefined, METHOD_NOT_FOUND].includes(errorIn(answer)?.code);
}

/** In this era it is for the server to say what runs as a task (MCP Tasks extension). */
function modernParams(message: RequestMessage): JsonObject {
  const { task: _task, ...params } = exactParams(message);
  return message.method === "tools/call" ? params : exactParams(message);
}

/** Whether all that the server asks for was declared. */
const canGive = (wanted: JsonObject, capabilities: unknown): boolean =>
  Object.values(wanted).every(
    (one) =>
      isObject(one) &&
      typeof one.method === "string" &&
      missingCapability(capabilities, one.method, objectOf(one.params)) === undefined,
  );

/** Only a modern server says of what type its result is. */
const saysModern = (result: JsonObject | undefined): boolean =>
  result?.resultType !== undefined || isDiscovered(result);

/** Errors that a modern server may give to a request that it understood. */
const isOwnError = (answer: Answer, code: number): boolean =>
  answer.kind === "response" ||
  code === INVALID_PARAMS ||
  (code === METHOD_NOT_FOUND && answer.status === 404);

export interface OwnLegacyOptions extends Omit<OwnClientOptions, "transport"> {
  era: ServerEra;
  /** The session that an earlier process has left open. */
  resumed: SavedSession | undefined;
  openSession(resumed: SavedSession | undefined): SessionTransport;
  onMessage: OnMessage;
  /** Told of each handshake that was done. */
  onOpened(session: SavedSession | undefined, version: string): void;
}

/** A client of our own at a legacy server: goes on in the session that an earlier command has left, or opens one. */
export function ownToLegacy(options: OwnLegacyOptions): EraTransport {
  const { endpoint, era, ids, client, onMessage, onOpened, resumed } = options;
  const { transport, current, hear } = options.openSession(resumed);
  let initialized: JsonObject | undefined;

  async function initialize(first: Call): Promise<Opened> {
    const { signal } = first;
    const hand = await handshake(transport, { endpoint, era, ids, client, signal, onMessage });
    if (hand.kind === "refused") return hand;
    initialized = hand.result;
    const session = current();
    onOpened(session && declaring(session, client.capabilities), hand.version);
    return { kind: "opened", proven: true, initialized };
  }

  async function open(first: Call, isKnown: boolean): Promise<Opened> {
    const asksWho = first.message.method === "server/discover";
    return resumed && isKnown && !asksWho
      ? { kind: "opened", proven: false, isResumed: true }
      : initialize(first);
  }

  async function request(call: Call): Promise<Answer> {
    const { id, method } = call.message;
    const message = ownRequest(ids.next(), method, exactParams(call.message));
    // Many ask on the standalone stream, and drop what nobody hears there: the official SDK's `elicitInput` does.
    if (hear && mayBeAsked(method, client.capabilities)) await hear();
    if (method !== "server/discover") return transport.request({ ...call, message });
    // What the server says of itself, it says in the handshake.
    if (!initialized) {
      const opened = await initialize(call);
      if (opened.kind === "refused") return opened;
    }
    return answered(resultResponse(id, objectOf(initialized)));
  }

  return withOpen(transport, open, request);
}

/** A session with what was declared in its handshake: who declares something else needs another. */
const declaring = (session: SavedSession, capabilities: unknown): SavedSession =>
  isObject(capabilities) && Object.keys(capabilities).length > 0 ? { ...session, capabilities } : session;
