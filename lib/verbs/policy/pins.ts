import type { Command } from "../../command-line/command.ts";
import { suggest } from "../../command-line/suggest.ts";
import { wrongUsage } from "../../failure.ts";
import type { PinStore, Pins } from "../../mcp/policy/pins.ts";
import { askerAt } from "../../ui/ask.ts";
import { notOnServer } from "../errors.ts";
import { nameOf, resolveTarget, type Target } from "../target/target.ts";
import { differencesInWords } from "./pin-differences.ts";
import { pinStoreOf } from "./pin-store.ts";
import { type SurveyedTool, survey } from "./pin-survey.ts";
import { toolRows } from "./pin-words.ts";

const ACTIONS = ["list", "show", "approve", "reset"] as const;
type Action = (typeof ACTIONS)[number];

/** What a command of `pins` works with. */
interface Work {
  command: Command;
  target: Target;
  store: PinStore;
  /** Tools that are named; none means all that it may concern. */
  names: readonly string[];
}

/** `m2mcp pins list|show|approve|reset @svc [TOOL…]` */
export async function run(command: Command): Promise<undefined> {
  const { action, text, names } = asked(command.positionals);
  const target = await resolveTarget(command, text);
  const work: Work = { command, target, store: pinStoreOf(target), names };
  if (action === "reset") return reset(work);
  const pins = await work.store.read();
  const tools = await survey(command, target, pins ?? {});
  for (const name of names) if (!tools.some((tool) => tool.name === name)) throw unknownTool(name, tools);
  if (action === "list") list(work, tools, pins !== undefined);
  else if (action === "show") show(work, tools);
  else await approve(work, tools);
}

/** The action may stand before the target or behind it. */
function asked(positionals: readonly string[]): { action: Action; text: string; names: string[] } {
  const [first = "", second = "", ...names] = positionals;
  const isAction = (word: string): word is Action => (ACTIONS as readonly string[]).includes(word);
  if (isAction(first)) return { action: first, text: second, names };
  if (isAction(second)) return { action: second, text: first, names };
  const word = /^@|[:./]/.test(first) ? second : first;
  const near = suggest(word, ACTIONS);
  throw wrongUsage(
    "pins takes list, show, approve or reset",
    near ? `did you mean ${near}` : "for example: m2mcp pins approve @svc",
  );
}

const unknownTool = (name: string, tools: readonly SurveyedTool[]) =>
  notOnServer(
    "tool",
    name,
    suggest(
      name,
      tools.map((tool) => tool.name),
    ),
  );

const chosen = ({ names }: Work, tools: readonly SurveyedTool[]) =>
  names.length === 0 ? tools : tools.filter(({ name }) => names.includes(name));

const isPending = ({ state }: SurveyedTool) => state === "changed" || state === "new";

const asJson = ({ name, state, pinned, now, differences }: SurveyedTool) => ({
  name,
  state,
  pinned: pinned ? { digest: pinned.digest, at: new Date(pinned.atMs).toISOString() } : null,
  digest: now?.digest ?? null,
  differences,
});

function list(work: Work, all: readonly SurveyedTool[], isPinned: boolean): void {
  const { output } = work.command;
  const tools = chosen(work, all);
  output.data({ target: nameOf(work.target), server: work.target.server, tools: tools.map(asJson) });
  if (tools.length > 0) output.print(toolRows(tools));
  const pending = tools.filter(isPending).length;
  if (output.json) return;
  if (!isPinned) output.note("nothing is pinned yet: with --pin, all are when they are first seen");
  else if (pending > 0)
    output.note(
      `${counted(pending)} refused under --pin: m2mcp pins approve ${nameOf(work.target)} shows and approves them`,
    );
}

function show(work: Work, all: readonly SurveyedTool[]): void {
  const { output } = work.command;
  const tools = work.names.length === 0 ? all.filter(isPending) : chosen(work, all);
  output.data({ target: nameOf(work.target), server: work.target.server, tools: tools.map(asJson) });
  for (const tool of tools) output.print(inWords(tool));
  if (tools.length === 0 && !output.json) output.note("all tools are what was pinned");
}

/** Shows what is other than it was, and pins it as it was shown: what the server says in between counts for nothing. */
async function approve(work: Work, all: readonly SurveyedTool[]): Promise<void> {
  const { command, target, store } = work;
  const { output, options, io } = command;
  const tools = chosen(work, all).filter(isPending);
  for (const tool of tools) if (!output.json) output.print(inWords(tool));
  const ask = options.on("yes") || output.json ? undefined : askerAt(io);
  const isAgreed =
    tools.length === 0 || !ask || (await ask.yes(`approve ${counted(tools.length)}?`, false)) === true;
  if (isAgreed && tools.length > 0) {
    const approved: Pins = Object.fromEntries(tools.flatMap(({ name, now }) => (now ? [[name, now]] : [])));
    await store.change((old) => ({ ...old, ...approved }));
  }
  const done = isAgreed ? tools : [];
  output.data({ target: nameOf(target), server: target.server, approved: done.map(asJson) });
  if (output.json) return;
  if (tools.length === 0) output.note("nothing to approve: all tools are what was pinned");
  else output.print(isAgreed ? `approved ${counted(tools.length)}` : "nothing was approved");
}

async function reset({ command, target, store, names }: Work): Promise<undefined> {
  if (names.length > 0)
    throw wrongUsage(
      "reset forgets the pins of all tools",
      `m2mcp pins approve ${nameOf(target)} TOOL is for one`,
    );
  const had = Object.keys((await store.read()) ?? {}).length;
  await store.change(() => undefined);
  command.output.data({ target: nameOf(target), server: target.server, forgotten: had });
  command.output.print(`forgot ${counted(had)}; with --pin, all are pinned anew when they are next seen`);
}

const counted = (count: number) => `${count} tool${count === 1 ? "" : "s"}`;

function inWords({ name, state, differences }: SurveyedTool): string {
  const words = differencesInWords(differences);
  return words === "" ? `${name}: ${state}` : `${name}: ${state}\n${words}`;
}
