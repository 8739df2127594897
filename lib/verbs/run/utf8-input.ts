import { utf16Of } from "../../plain-text.ts";
import type { ByteInput } from "../../platform/streams/byte-streams.ts";

/** Chunks as UTF-8, whatever they came in: PowerShell's `>` and Out-File write UTF-16. UTF-8 goes on as it is. */
export function utf8Input(input: ByteInput): ByteInput {
  return {
    ...(input.isTTY === undefined ? {} : { isTTY: input.isTTY }),
    destroy: () => input.destroy(),
    [Symbol.asyncIterator]: () => inUtf8(input),
  };
}

/** What tells an encoding by itself, in bytes. */
const ENOUGH = 4;

async function* inUtf8(input: ByteInput): AsyncGenerator<Uint8Array> {
  let begun: Uint8Array | undefined = new Uint8Array();
  let decoder: TextDecoder | undefined;
  const encoder = new TextEncoder();
  for await (const chunk of input) {
    let bytes = chunk;
    if (begun) {
      bytes = begun.length === 0 ? chunk : Buffer.concat([begun, chunk]);
      begun = bytes.length < ENOUGH ? bytes : undefined;
      if (begun) continue;
      const found = utf16Of(bytes.subarray(0, ENOUGH));
      if (found) decoder = new TextDecoder(found);
    }
    yield decoder ? encoder.encode(decoder.decode(bytes, { stream: true })) : bytes;
  }
  if (begun && begun.length > 0) yield begun;
}
