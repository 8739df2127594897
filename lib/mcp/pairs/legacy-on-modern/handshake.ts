import type { JsonObject } from "../../../json.ts";
import { exactResult, type RequestMessage, type RpcError, resultResponse } from "../../jsonrpc/message.ts";
import { type Answer, answered, type Refused, refused } from "../../protocol/answer.ts";
import { MODERN_VERSION, MODERN_VERSIONS, UNSUPPORTED_VERSION } from "../../protocol/versions.ts";
import { initializeResult } from "../../translate/to-legacy.ts";
import { discovered } from "../same-era.ts";

/** The handshake as the client gets it. */
export interface Initialized {
  kind: "initialized";
  result: JsonObject;
  /** The answer to `initialize`. */
  answer: Answer;
  /** The server's capabilities. */
  capabilities: unknown;
}

/** The answer to a legacy client's `initialize` from that of a modern server to `server/discover`. */
export function initializedFrom(initialize: RequestMessage, discovery: Answer): Initialized | Refused {
  const said = discovered(discovery);
  if (said.kind === "refused") return said;
  const { message } = said;
  const error = unsupported(message.result?.supportedVersions);
  if (error) return refused(200, error);
  const result = initializeResult(exactResult(message), initialize.params.protocolVersion);
  return {
    kind: "initialized",
    result,
    answer: answered(resultResponse(initialize.id, result)),
    capabilities: message.result?.capabilities,
  };
}

/** The error of a server whose discovered versions hold none that is known here. */
function unsupported(versions: unknown): RpcError | undefined {
  if (!Array.isArray(versions) || versions.some((version) => MODERN_VERSIONS.includes(version)))
    return undefined;
  return {
    code: UNSUPPORTED_VERSION,
    message: "unsupported protocol version",
    data: { supported: versions, requested: MODERN_VERSION },
  };
}
