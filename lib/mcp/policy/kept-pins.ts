import type { JsonObject } from "../../json.ts";
import type { RequestMessage } from "../jsonrpc/message.ts";
import { judgePin, type PinStore, type Pins, type PinVerdict, pinsOf } from "./pins.ts";
import type { SeenTools } from "./seen-tools.ts";

/** The pins of a server as one process goes by them. */
export interface KeptPins {
  /**
   * Whether a tool is what was pinned, as far as is known here. At first sight of the server all its tools are pinned.
   *
   * @throws M2mcpError where the store or the server fails: what was not compared is not let through
   */
  judge(name: string, tool: JsonObject, cause: RequestMessage): Promise<PinVerdict>;
  /** The pin of a tool, once `judge` was asked. */
  pinned(name: string): Pins[string] | undefined;
  /** Others may have approved or reset some since: they are read again when they are next needed. */
  renew(): void;
}

/**
 * @param seen what the server's lists say, for its first pins
 * @param now in ms since the epoch
 */
export function createKeptPins(store: PinStore, seen: SeenTools, now: () => number): KeptPins {
  let reading: Promise<Pins> | undefined;
  let known: Pins | undefined;

  async function read(cause: RequestMessage): Promise<Pins> {
    const pins = await store.read();
    if (pins) return pins;
    const tools = await seen.all(cause);
    // Of a server that shows nothing yet, nothing was seen.
    if (tools.length === 0) return {};
    // Another process may have come first: then what it saw counts.
    return store.change((old) => old ?? pinsOf(tools, now()));
  }
  async function current(cause: RequestMessage): Promise<Pins> {
    reading ??= read(cause);
    const mine = reading;
    try {
      known = await mine;
      return known;
    } catch (error) {
      if (reading === mine) reading = undefined;
      throw error;
    }
  }
  return {
    judge: async (name, tool, cause) => judgePin(await current(cause), name, tool),
    pinned: (name) => (known && Object.hasOwn(known, name) ? known[name] : undefined),
    renew() {
      reading = undefined;
    },
  };
}
