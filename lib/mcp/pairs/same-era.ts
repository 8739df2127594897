import { isObject } from "../../json.ts";
import type { Ids } from "../jsonrpc/id.ts";
import { exactParams, type RequestMessage, request as requestMessage } from "../jsonrpc/message.ts";
import { asRefused, errorIn, type Refused, refused, toRpcError } from "../protocol/answer.ts";
import type { ServerEra } from "../protocol/endpoint.ts";
import { noCommonVersion } from "../protocol/errors.ts";
import { META_CAPABILITIES, META_CLIENT, META_VERSION, metaOf } from "../protocol/meta.ts";
import type { Call, Transport } from "../protocol/transport.ts";
import { judge } from "../protocol/verdict.ts";
import { LEGACY_VERSIONS, MODERN_VERSION, UNSUPPORTED_VERSION } from "../protocol/versions.ts";
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
    if (judge({ era, method: "initialize" }, answer).kind === "other_era") return speaksModern(agreed);
    // The server agreed to another version than the one that the user insists on.
    if (pinned !== undefined && typeof agreed === "string" && agreed !== pinned)
      return refused(200, toRpcError(noCommonVersion([pinned], [agreed])));
    return { kind: "opened", proven: true, answer, initialized: result ?? {} };
  });
}

const speaksModern = (agreed: unknown): Refused =>
  refused(200, {
    code: UNSUPPORTED_VERSION,
    message: `the server speaks ${agreed}`,
    data: { supported: [agreed] },
  });

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
      if (judge({ era: "modern", method: "server/discover" }, answer).kind !== "answered")
        return answer.kind === "response" && !answer.message.error ? notDiscovered() : asRefused(answer);
      return { kind: "opened", proven: true, answer };
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
    [META_CAPABILITIES]: isObject(meta[META_CAPABILITIES]) ? meta[META_CAPABILITIES] : {},
  };
  const question = requestMessage(ids.next(), "server/discover", { _meta });
  const answer = await transport.request({ message: question, signal, onMessage: async () => {} });
  if (answer.kind === "refused" || answer.message.error) return asRefused(answer);
  if (judge({ era: "modern", method: "server/discover" }, answer).kind !== "answered") return notDiscovered();
  return { kind: "opened", proven: true, initialized: answer.message.result ?? {} };
}

/** What is wrong with the answer of a server that may not know `server/discover`. */
export const notDiscovered = (): Refused =>
  refused(200, { code: -32601, message: "the answer to server/discover names no versions" });
