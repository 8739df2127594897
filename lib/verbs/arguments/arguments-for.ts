// From words, files and an editor to the arguments of a tool or prompt, by its schema.
import type { Command } from "../../command-line/command.ts";
import { suggest } from "../../command-line/suggest.ts";
import type { JsonObject } from "../../json.ts";
import type { Fault } from "../../schema/faults.ts";
import { argumentsOf } from "../../schema/type-words.ts";
import type { ListKind } from "../catalogue/kept-list.ts";
import { notOnServer } from "../errors.ts";
import { type Declared, declared, type Lookup } from "./declared.ts";
import { faultWords, wrongArguments } from "./errors.ts";
import { fill } from "./fill.ts";
import { type Given, objectOnStdin } from "./given.ts";
import { asStrings, promptSchema } from "./prompt-schema.ts";
import { type Settled, settled, unchecked } from "./settled.ts";
import { offeredStdin } from "./stdin.ts";

/** For whom arguments are. */
export interface Recipient {
  command: Command;
  kind: ListKind;
  name: string;
  /** Its list has only what may be used: what is not there may be at the server. */
  isFiltered?: boolean;
}

/**
 * What was given for a tool or a prompt as the arguments to send: typed and checked by what the server declares, with one
 * request for that where it is not known. What a kept list refuses is put to a new one before it is refused.
 *
 * @throws M2mcpError exit 1 naming all that is wrong, exit 2 for a name that the server lacks where it has one like it
 */
export async function argumentsFor(
  recipient: Recipient,
  given: Given,
  { client, catalogue }: Pick<Lookup, "client" | "catalogue">,
): Promise<JsonObject> {
  const { command, kind, name } = recipient;
  const { options, output, io } = command;
  const isChecked = !options.on("no-check");
  const lookup: Lookup = { client, catalogue, nowMs: io.now(), tolerant: !isChecked, log: output.step };
  const readers = { offered: onceOnly(() => offeredStdin(command)), isChecked };
  // Who edits has the time for a list of today.
  const found = await declared(kind, name, lookup, options.on("edit"));
  const first = await settle(recipient, found, given, readers);
  const isDoubtful = first.faults.length > 0 && found.kind === "declared" && found.isKept;
  const { value, faults, doubts, notes } = isDoubtful
    ? await settle(recipient, await declared(kind, name, lookup, true), given, readers)
    : first;
  if (faults.length > 0) throw refusedFor(recipient, [...faults, ...doubts]);
  for (const doubt of doubts) output.warn(`${name}: ${faultWords(doubt)}`);
  for (const line of notes) output.warn(line);
  return value;
}

async function settle(
  recipient: Recipient,
  found: Declared,
  given: Given,
  { offered, isChecked }: { offered(): Promise<string | undefined>; isChecked: boolean },
): Promise<Settled> {
  const { command, kind, name, isFiltered = false } = recipient;
  const isEdited = command.options.on("edit");
  const strings = kind === "prompts" ? asStrings(given) : given;
  if (found.kind !== "declared") {
    const near = found.kind === "undeclared" && isChecked ? suggest(name, found.names) : undefined;
    if (near !== undefined) throw notOnServer(KINDS[kind], name, near);
    const what = `${KINDS[kind]} ${name}`;
    const isMissing = isFiltered
      ? `no ${what} is among those that may be used`
      : `the server lists no ${what}`;
    const note = `${isMissing}: its arguments are not checked`;
    const { value } = await fill(strings, undefined);
    const sent = isEdited ? await edited(recipient, value, {}, false) : value;
    return unchecked(sent, found.kind === "undeclared" && isChecked ? [note] : []);
  }
  const schema = kind === "prompts" ? promptSchema(found.item) : found.item.inputSchema;
  const all =
    kind === "tools" && given.isNothing && !isEdited ? await withOffered(given, schema, offered) : strings;
  const { value, misfits } = await fill(all, schema);
  if (isEdited) return unchecked(await edited(recipient, value, schema, isChecked));
  return isChecked ? settled(name, value, misfits, schema) : unchecked(value);
}

/** Arguments as a person has edited them, which then fit. */
async function edited(
  recipient: Recipient,
  value: JsonObject,
  schema: unknown,
  isChecked: boolean,
): Promise<JsonObject> {
  const { command, kind, name } = recipient;
  const [{ templateOf }, { editedArguments }] = await Promise.all([
    import("./edit/template.ts"),
    import("./edit/edit.ts"),
  ]);
  return editedArguments(command, templateOf(`${KINDS[kind]} ${name}`, schema, value), async (changed) => {
    if (!isChecked) return;
    const { faults, doubts } = await settled(name, changed, [], schema);
    if (faults.length > 0) throw refusedFor(recipient, [...faults, ...doubts]);
  });
}

function refusedFor({ command, kind, name }: Recipient, faults: Fault[]) {
  const help = kind === "tools" ? `tools-get ${name}` : "prompts-list";
  return wrongArguments(name, faults, `m2mcp ${command.positionals[0]} ${help}`);
}

const KINDS: Readonly<Record<ListKind, string>> = { tools: "tool", prompts: "prompt" };

/** Without `-`, stdin counts only where a call is sure to fail without it. */
async function withOffered(
  given: Given,
  schema: unknown,
  offered: () => Promise<string | undefined>,
): Promise<Given> {
  if (!argumentsOf(schema).some(({ required }) => required)) return given;
  const text = (await offered()) ?? "";
  return text.trim() === "" ? given : { ...given, base: await objectOnStdin(text) };
}

function onceOnly<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
