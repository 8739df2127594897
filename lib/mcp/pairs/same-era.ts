import { objectOf } from "../../json.ts";
import type { Ids } from "../jsonrpc/id.ts";
import {
  exactParams,
  METHOD_NOT_FOUND,
  type RequestMessage,
  type ResponseMessage,
  request as requestMessage,
} from "../jsonrpc/message.ts";
import { asModern } from "../legacy/initialize.ts";
import { type Answer, asRefused, errorIn, type Refused, refused, toRpcError } from "../protocol/answer.ts";
import type { ServerEra } from "../protocol/endpoint.ts";
import { noCommonVersion } from "../protocol/errors.ts";
import { META_CAPABILITIES, META_CLIENT, META_VERSION, metaOf } from "../protocol/meta.ts";
import type { Call, Transport } from "../protocol/transport.ts";
import { isDiscovered, judge } from "../protocol/verdict.ts";
import { LEGACY_VERSIONS, MODERN_VERSION } from "../protocol/versions.ts";
import { type EraTransport, type Opened, withOpen } from "./era-transport.ts";

/** A legacy client at a legacy server: its own handshake opens the session. */
export function legacyToLegacy(
  transport: Transport,
  era: ServerEra,
  pinned: string | undefined,
): EraTransport {
  return withOpen(transport, async (first) => {
    // A client that skips the handshake cannot be asked for it.
    if (first.message.method !== "initialize") return { kind: "opened", proven: false };
    const answer = await transport.request({ ...first, message: inPinnedVersion(first.message, pinned) });
    if (errorIn(answer) || answer.kind === "refused") return asRefused(answer);
    const { result } = answer.message;
    const agreed = result?.protocolVersion;
    if (judge({ era, method: "initialize" }, answer).kind === "other_era") return asModern(agreed);
    // The server agreed to another version than the one that the user insists on.
    if (pinned !== undefined && typeof agreed === "string" && agreed !== pinned)
      return refused(200, toRpcError(noCommonVersion([pinned], [agreed])));
    return { kind: "opened", proven: true, answer, initialized: result ?? {} };
  });
}

/** A legacy handshake asks for the version that the user pinned. */
function inPinnedVersion(first: RequestMessage, version: string | undefined): RequestMessage {
  if (version === undefined || !LEGACY_VERSIONS.includes(version)) return first;
  if (first.params.protocolVersion === version) return first;
  return requestMessage(first.id, first.method, { ...exactParams(first), protocolVersion: version });
}

/** A modern client at a modern server. Of an unknown server its request tells too little: a question of our own does. */
export function modernToModern(transport: Transport, ids: Ids): EraTransport {
  return withOpen(transport, async (first, isKnown) => {
    if (first.message.method === "server/discover") {
      const answer = await transport.request(first);
      const said = discovered(answer);
      return said.kind === "refused" ? said : { kind: "opened", proven: true, answer };
    }
    return isKnown ? { kind: "opened", proven: false } : discover(transport, ids, first);
  });
}

/** Asks a server of unknown era for `server/discover`, in the name of the client whose request waits. */
export async function discover(transport: Transport, ids: Ids, { message, signal }: Call): Promise<Opened> {
  const meta = metaOf(message);
  const _meta = {
    [META_VERSION]: meta[META_VERSION] ?? MODERN_VERSION,
    [META_CLIENT]: meta[META_CLIENT],
    [META_CAPABILITIES]: objectOf(meta[META_CAPABILITIES]),
  };
  const question = requestMessage(ids.next(), "server/discover", { _meta });
  const said = discovered(await transport.request({ message: question, signal, onMessage: async () => {} }));
  return said.kind === "refused"
    ? said
    : { kind: "opened", proven: true, initialized: said.message.result ?? {} };
}

/** What a server says of itself in its answer to `server/discover`; a refusal where it does not know that. */
export function discovered(answer: Answer): { kind: "discovered"; message: ResponseMessage } | Refused {
  if (answer.kind === "refused" || answer.message.error) return asRefused(answer);
  const { message } = answer;
  if (isDiscovered(message.result)) return { kind: "discovered", message };
  return refused(200, {
    code: METHOD_NOT_FOUND,
    message: "the answer to server/discover names no versions",
  });
}
