import type { Command } from "../../command-line/command.ts";
import type { JsonObject } from "../../json.ts";
import { judgePin, type PinnedTool, type Pins, pinOf } from "../../mcp/policy/pins.ts";
import type { Target } from "../target/target.ts";
import { withTarget } from "../with-client.ts";
import { type Difference, differencesOf } from "./pin-differences.ts";

/** A tool of the server's, or one that was pinned: what it was, and what it is now. */
export interface SurveyedTool {
  name: string;
  state: "same" | "changed" | "new" | "gone";
  pinned?: PinnedTool;
  now?: PinnedTool;
  differences: Difference[];
}

/** Asks the server for its tools, whatever may be used of them, and compares them with the pins. */
export async function survey(command: Command, target: Target, pins: Pins): Promise<SurveyedTool[]> {
  const bare: Target = { ...target, policies: [] };
  const tools = await withTarget(command, bare, (client) => client.list("tools/list", "tools"));
  const atMs = command.io.now();
  const there = new Map<string, SurveyedTool>();
  for (const tool of tools) {
    const surveyed = surveyTool(pins, tool, atMs);
    const { name } = surveyed;
    // Of two with one name, one that is not what was pinned stands for both.
    if (!there.has(name) || surveyed.state !== "same") there.set(name, surveyed);
  }
  const gone = Object.entries(pins)
    .filter(([name]) => !there.has(name))
    .map(([name, pinned]): SurveyedTool => ({ name, state: "gone", pinned, differences: [] }));
  return [...there.values(), ...gone];
}

function surveyTool(pins: Pins, tool: JsonObject, atMs: number): SurveyedTool {
  const name = String(tool.name);
  const state = judgePin(pins, name, tool);
  const pinned = state === "new" ? undefined : pins[name];
  const now = pinOf(tool, atMs);
  return {
    name,
    state,
    ...(pinned ? { pinned } : {}),
    ...(now ? { now } : {}),
    differences: differencesOf(pinned?.definition ?? {}, now?.definition ?? {}),
  };
}
