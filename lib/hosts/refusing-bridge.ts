import { isBatch } from "../mcp/jsonrpc/batch.ts";
import { asString } from "../mcp/jsonrpc/bytes.ts";
import type { Id } from "../mcp/jsonrpc/id.ts";
import { errorResponse } from "../mcp/jsonrpc/message.ts";
import { parseMessages } from "../mcp/jsonrpc/parse.ts";
import { toRpcError } from "../mcp/protocol/answer.ts";
import type { ByteInput, ByteOutput } from "../platform/streams/byte-streams.ts";
import { until } from "../timing/until.ts";
import { readLines } from "./line-stream.ts";
import { createLineWriter, flush } from "./line-writer.ts";

/**
 * Stands in for a bridge that could not be opened: each request read is answered with the reason, so that a host can
 * show it, until the input ends or `stop` fires. Nothing is sent to any server.
 *
 * @param onRefused told of each of them
 */
export async function refuseAll(
  input: ByteInput,
  output: ByteOutput,
  stop: AbortSignal,
  reason: Error,
  onRefused: (method: string, id: Id) => void,
): Promise<void> {
  const writer = createLineWriter(output);
  const error = toRpcError(reason);
  const noMore = AbortSignal.any([stop, writer.closed]);
  for await (const line of readLines(input, noMore)) {
    if (!("text" in line)) continue;
    const messages = parseMessages(line.text);
    const answers = messages.flatMap((message) => {
      if (message.kind === "request") {
        onRefused(message.method, message.id);
        return asString(errorResponse(message.id, error).text);
      }
      return message.kind === "unreadable" ? asString(errorResponse(message.id, message.error).text) : [];
    });
    if (answers.length === 0) continue;
    const said = isBatch(line.text, messages) ? `[${answers.join(",")}]` : answers.join("\n");
    await until(writer.write(said), Number.POSITIVE_INFINITY, noMore);
  }
  await flush(writer, output, Number.POSITIVE_INFINITY, noMore);
}
