import { type M2mcpError, ownErrorCode } from "../failure.ts";
import type { JsonObject } from "../json.ts";

/**
 * A failure for programs (docs/json-output.schema.json): a number as its code, that of the server's own JSON-RPC error
 * where there is one, with what the server gave besides; a name that says which failure it is.
 */
export function failureJson(error: M2mcpError): JsonObject {
  const { code: name, exitCode, hint, message, answered } = error;
  return {
    error: {
      code: answered?.code ?? ownErrorCode(exitCode),
      name,
      message: answered?.message ?? message,
      ...(answered?.data === undefined ? {} : { data: answered.data }),
      ...(hint === undefined ? {} : { hint }),
      exitCode,
    },
  };
}
