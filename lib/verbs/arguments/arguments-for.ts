import type { Command } from "../../command-line/command.ts";
import { suggest } from "../../command-line/suggest.ts";
import type { JsonObject } from "../../json.ts";
import { check } from "../../schema/check.ts";
import { Unusable } from "../../schema/checkable.ts";
import type { Fault } from "../../schema/faults.ts";
import { argumentsOf } from "../../schema/type-words.ts";
import { unknownNames } from "../../schema/unknown-names.ts";
import type { ListKind } from "../catalogue/kept-list.ts";
import { notOnServer } from "../errors.ts";
import { type Declared, declared, type Lookup } from "./declared.ts";
import { faultWords, wrongArguments } from "./errors.ts";
import { fill } from "./fill.ts";
import { type Given, objectOnStdin } from "./given.ts";
import { asStrings, promptSchema } from "./prompt-schema.ts";
import { offeredStdin } from "./stdin.ts";

/** For whom arguments are. */
export interface Recipient {
  command: Command;
  kind: ListKind;
  name: string;
}

interface Settled {
  value: JsonObject;
  faults: Fault[];
  /** What is worth a word, and no fault. */
  remarks: string[];
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
  let settled = await settle(recipient, found, given, readers);
  if (settled.faults.length > 0 && found.kind === "declared" && found.isKept)
    settled = await settle(recipient, await declared(kind, name, lookup, true), given, readers);
  if (settled.faults.length > 0) throw refusedFor(recipient, settled.faults);
  for (const remark of settled.remarks) output.warn(remark);
  return settled.value;
}

async function settle(
  recipient: Recipient,
  found: Declared,
  given: Given,
  { offered, isChecked }: { offered(): Promise<string | undefined>; isChecked: boolean },
): Promise<Settled> {
  const { command, kind, name } = recipient;
  const isEdited = command.options.on("edit");
  const strings = kind === "prompts" ? asStrings(given) : given;
  if (found.kind !== "declared") {
    const near = found.kind === "undeclared" && isChecked ? suggest(name, found.names) : undefined;
    if (near !== undefined) throw notOnServer(KINDS[kind], name, near);
    const remarks =
      found.kind === "undeclared"
        ? [`the server lists no ${KINDS[kind]} ${name}: its arguments are not checked`]
        : [];
    const { value } = fill(strings, undefined);
    return { value: isEdited ? await edited(recipient, value, {}, false) : value, faults: [], remarks };
  }
  const schema = kind === "prompts" ? promptSchema(found.item) : found.item.inputSchema;
  const all =
    kind === "tools" && given.isNothing && !isEdited ? await withOffered(given, schema, offered) : strings;
  const { value, misfits } = fill(all, schema);
  if (isEdited) return { value: await edited(recipient, value, schema, isChecked), faults: [], remarks: [] };
  return isChecked ? checked(name, value, misfits, schema) : { value, faults: [], remarks: [] };
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
    const { faults } = await checked(name, changed, [], schema);
    if (faults.length > 0) throw refusedFor(recipient, faults);
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

async function checked(name: string, value: JsonObject, misfits: Fault[], schema: unknown): Promise<Settled> {
  const remarks = unknownNames(value, schema).flatMap((fault) => {
    const words = faultWords(fault);
    return fault.isInvited && words.endsWith(fault.says) ? [] : [`${name}: ${words}`];
  });
  try {
    const said = new Set(misfits.map(({ path }) => JSON.stringify(path)));
    // Exact numbers are objects here: a validator takes those that a double holds.
    const plain: JsonObject = JSON.parse(JSON.stringify(value));
    const others = (await check(plain, schema)).filter(({ path }) => !said.has(JSON.stringify(path)));
    return { value, faults: [...misfits, ...others], remarks };
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    const why = `the arguments are sent unchecked: the schema of ${name} ${error.message}`;
    return { value, faults: misfits, remarks: [...remarks, why] };
  }
}

function onceOnly<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
