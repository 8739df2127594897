import type { Command } from "../../command-line/command.ts";
import { isObject, type JsonObject } from "../../json.ts";
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
  argumentsOf(inputSchema).map(({ name, required, schema, source }) => ({
    name,
    required,
    type: typeWords(source, { root: inputSchema }),
    choices: choices(schema),
  }));

const promptArguments = ({ arguments: list }: JsonObject): CachedArgument[] =>
  (Array.isArray(list) ? list : []).flatMap((one) =>
    isObject(one) && typeof one.name === "string"
      ? [{ name: one.name, required: one.required === true, type: "string", choices: [] }]
      : [],
  );

function choices(schema: JsonObject): string[] {
  if (schema.type === "boolean") return ["true", "false"];
  const values = Array.isArray(schema.enum) ? schema.enum : [];
  return values.filter((value) => typeof value !== "object" || value === null).map(String);
}
