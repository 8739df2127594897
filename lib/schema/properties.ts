import type { JsonObject } from "../json.ts";
import { constraintsOf } from "./constraints.ts";
import { type Scope, scopeOf, typesOf } from "./resolve.ts";
import { argumentsOf, typeWords } from "./type-words.ts";

/** One property, for a person. */
export interface Property {
  /** `filter.inStock`, `list[].name`: as an argument is written. */
  path: string;
  type: string;
  required: boolean;
  /** Whole, with its line ends. */
  description: string;
  /** See `constraintsOf`. */
  constraints: string[];
}

/** Levels and properties that are shown. */
const MOST_LEVELS = 5;
const MOST_PROPERTIES = 300;

/** The properties of an object's schema, each followed by those within it. What is beyond sight is left out. */
export function propertiesOf(schema: unknown): Property[] {
  const found: Property[] = [];
  const scope = scopeOf(schema);
  collect(schema, "", { found, root: schema, scope }, 0);
  return found;
}

interface Walk {
  found: Property[];
  root: unknown;
  scope: Scope;
}

function collect(schema: unknown, before: string, walk: Walk, level: number): void {
  for (const argument of argumentsOf(schema, walk.root)) {
    if (walk.found.length >= MOST_PROPERTIES) return;
    const path = `${before}${argument.name}`;
    const [within, at] = below(argument.source, argument.schema, path, walk.root);
    const { description, title } = argument.schema;
    const about = typeof description === "string" ? description : title;
    walk.found.push({
      path,
      // What has its own lines below needs no words here.
      type: typeWords(argument.source, { root: walk.root, or: "|", levels: within === undefined ? 2 : 0 }),
      required: argument.required,
      description: typeof about === "string" ? about.trim() : "",
      constraints: constraintsOf(argument.source, walk.scope),
    });
    if (within !== undefined && level < MOST_LEVELS) collect(within, at, walk, level + 1);
  }
}

/** What has properties below one: itself, or the items of a list; undefined where nothing has. */
function below(
  source: unknown,
  schema: JsonObject,
  path: string,
  root: unknown,
): [schema: unknown, before: string] {
  if (argumentsOf(source, root).length > 0) return [source, `${path}.`];
  const isList = typesOf(schema).includes("array") && !Array.isArray(schema.items);
  if (isList && argumentsOf(schema.items, root).length > 0) return [schema.items, `${path}[].`];
  return [undefined, ""];
}
