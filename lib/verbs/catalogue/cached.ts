import type { Command } from "../../command-line/command.ts";
import { type JsonObject, objectsIn } from "../../json.ts";
import { branchesOf, choicesOf, scopeOf, typesOf } from "../../schema/resolve.ts";
import { argumentsOf, typeWords } from "../../schema/type-words.ts";
import { resolveTarget } from "../target/target.ts";
import { catalogueOf } from "./catalogue.ts";

/** One tool or prompt, as completion needs it. */
export interface CachedItem {
  name: string;
  /** What the server says of it; empty where it says nothing. */
  about: string;
  arguments: CachedArgument[];
}

export interface CachedArgument {
  name: string;
  required: boolean;
  /** What it wants, in short words: `number`, `"a" | "b"`. */
  type: string;
  /** The values to choose from, as they are typed in a shell; empty where any will do. */
  choices: string[];
}

/**
 * The tools and prompts that earlier commands have seen at a target, however old. Asks no server, and never throws: what
 * is not known is an empty list.
 *
 * @param target `@name` or a URL
 */
export async function cachedCatalogue(
  command: Command,
  target: string,
): Promise<{ tools: CachedItem[]; prompts: CachedItem[] }> {
  try {
    const lists = await catalogueOf(await resolveTarget(command, target), command.io).read();
    return {
      tools: (lists.tools?.items ?? []).flatMap((item) => cachedItem(item, toolArguments)),
      prompts: (lists.prompts?.items ?? []).flatMap((item) => cachedItem(item, promptArguments)),
    };
  } catch {
    return { tools: [], prompts: [] };
  }
}

function cachedItem(item: JsonObject, read: (item: JsonObject) => CachedArgument[]): CachedItem[] {
  const { name, description, title } = item;
  if (typeof name !== "string") return [];
  const about = typeof description === "string" ? description : typeof title === "string" ? title : "";
  return [{ name, about, arguments: read(item) }];
}

const toolArguments = ({ inputSchema }: JsonObject): CachedArgument[] =>
  argumentsOf(inputSchema).map(({ name, required, source }) => ({
    name,
    required,
    type: typeWords(source, { root: inputSchema }),
    choices: choices(source, inputSchema),
  }));

const promptArguments = ({ arguments: list }: JsonObject): CachedArgument[] =>
  objectsIn(list).flatMap(({ name, required }) =>
    typeof name === "string" ? [{ name, required: required === true, type: "string", choices: [] }] : [],
  );

/** All that an argument may be, where that is a list; what takes anything else besides has none. */
function choices(source: unknown, root: unknown): string[] {
  const all = branchesOf(source, scopeOf(root)).map(
    (branch) => choicesOf(branch) ?? ofTypes(typesOf(branch)),
  );
  if (all.includes(undefined)) return [];
  const plain = all
    .flatMap((one) => one ?? [])
    .filter((value) => typeof value !== "object" || value === null);
  return [...new Set(plain.map(String))];
}

/** The values of types that have few; undefined where one of them has more. */
function ofTypes(types: readonly string[]): unknown[] | undefined {
  const values = types.map((type) => ({ boolean: [true, false], null: [null] })[type]);
  return types.length === 0 || values.includes(undefined) ? undefined : values.flatMap((one) => one ?? []);
}
