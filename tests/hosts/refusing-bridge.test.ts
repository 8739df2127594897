// A bridge that could not be opened, before a host that does what it likes.
import { expect, test } from "bun:test";
import { refuseAll } from "../../lib/hosts/refusing-bridge.ts";
import type { ByteInput, ByteOutput } from "../../lib/platform/streams/byte-streams.ts";
import { until } from "../support/waiting.ts";

const QUESTION = '{"jsonrpc":"2.0","id":1,"method":"ping"}\n';

/** A host that says this, leaves its end open, and reads nothing. */
function mute(text: string) {
  const closed = Promise.withResolvers<void>();
  const written: unknown[] = [];
  const input: ByteInput = {
    async *[Symbol.asyncIterator]() {
      yield Buffer.from(text);
      await closed.promise;
    },
    destroy: () => closed.resolve(),
  };
  const output: ByteOutput = {
    write(chunk) {
      written.push(String(chunk));
      return new Promise(() => {});
    },
    flushed: () => new Promise(() => {}),
    gone: new AbortController().signal,
    destroy: () => void written.push("let go of"),
  };
  return { input, output, written };
}

test.each([
  ["once", QUESTION],
  ["more than once", QUESTION + QUESTION],
])(
  "it ends when it is told to, though the host that asked %s reads nothing of what it is told",
  async (_often, text) => {
    const { input, output, written } = mute(text);
    const stop = new AbortController();
    const refused = refuseAll(input, output, stop.signal, new Error("no"), () => {});
    await until(() => written.length > 0);
    stop.abort();
    await refused;
    expect(written.at(-1)).toBe("let go of");
  },
);
