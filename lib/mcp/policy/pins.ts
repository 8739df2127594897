import type { JsonObject } from "../../json.ts";
import { definitionOf, digestOf } from "./definition.ts";

/** A tool as it was when it was first seen, or approved. */
export interface PinnedTool {
  digest: string;
  definition: JsonObject;
  atMs: number;
}

/** The tools of one server that a client may use, as they were; by name. */
export type Pins = Record<string, PinnedTool>;

/** Where the pins of one server are kept, for all processes. @throws M2mcpError where they cannot be read or written */
export interface PinStore {
  /** Undefined where the server's tools were never pinned. */
  read(): Promise<Pins | undefined>;
  /** Changes them under a lock, and gives back what they are then. */
  change<P extends Pins | undefined>(change: (old: Pins | undefined) => P): Promise<P>;
}

export type PinVerdict = "same" | "changed" | "new";

/** Whether a tool is what was pinned. */
export function judgePin(pins: Pins, name: string, tool: JsonObject): PinVerdict {
  const pinned = Object.hasOwn(pins, name) ? pins[name] : undefined;
  if (!pinned) return "new";
  return pinned.digest === pinOf(tool, 0)?.digest ? "same" : "changed";
}

/** The pin of a tool as it is now; undefined where it is nested so deep that nobody could compare it. */
export function pinOf(tool: JsonObject, atMs: number): PinnedTool | undefined {
  try {
    const definition = definitionOf(tool);
    return { digest: digestOf(definition), definition, atMs };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The pins of tools as they are now. Of two of one name, the first. */
export const pinsOf = (tools: readonly JsonObject[], atMs: number): Pins =>
  Object.fromEntries(
    tools.toReversed().flatMap((tool): [string, PinnedTool][] => {
      const pin = typeof tool.name === "string" ? pinOf(tool, atMs) : undefined;
      return pin ? [[String(tool.name), pin]] : [];
    }),
  );

/** A changed tool as a client may see it: as it was approved, and what stands in its way. Nothing in it is new. */
export function withheld({ definition }: PinnedTool, approve: string): JsonObject {
  const was = typeof definition.description === "string" ? ` It was: ${definition.description}` : "";
  const description = `[Withheld: this tool has changed since it was pinned, and is refused until its user has run: ${approve}]${was}`;
  return { ...definition, description };
}
