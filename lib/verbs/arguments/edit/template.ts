import { showControls } from "../../../controls.ts";
import type { JsonObject } from "../../../json.ts";
import { oneLine } from "../../../net/one-line.ts";
import { exampleValue, making } from "../../../schema/example/value.ts";
import { type Argument, argumentsOf, typeWords } from "../../../schema/type-words.ts";
import { jsonText } from "../../../ui/json-text.ts";

/** Longest remark on one argument, in characters. */
const LONGEST_REMARK = 300;

export interface Template {
  text: string;
  /** Some values are examples, which nobody has given. */
  hasExamples: boolean;
}

/**
 * Arguments to be edited, as JSON with remarks: what was given and what is required stands there to be changed, what is
 * optional as a remark, with its default.
 *
 * @param what for whom they are: `tool add`
 */
export function templateOf(what: string, schema: unknown, given: JsonObject): Template {
  const declared = argumentsOf(schema);
  const how = making(schema, true);
  const example = ({ source, schema: of }: Argument) =>
    of.default === undefined ? exampleValue(source, how) : of.default;
  const open = declared.filter(({ name }) => !Object.hasOwn(given, name));
  const names = new Set(declared.map(({ name }) => name));
  const lines = declared.flatMap((argument) => {
    const { name, required } = argument;
    const isGiven = Object.hasOwn(given, name);
    const member = memberLines(name, isGiven ? given[name] : example(argument));
    return [remark(argument, schema), ...(isGiven || required ? member : member.map((line) => `// ${line}`))];
  });
  const others = Object.entries(given).filter(([name]) => !names.has(name));
  const text = [
    `// Arguments for the ${showControls(what)}. Lines that begin with // count for nothing; an empty file makes no call.`,
    "{",
    ...[...lines, ...others.flatMap(([name, value]) => memberLines(name, value))].map((line) => `  ${line}`),
    "}",
    "",
  ].join("\n");
  return { text, hasExamples: open.some(({ required, schema: of }) => required && of.default === undefined) };
}

function remark({ name, required, schema, source }: Argument, root: unknown): string {
  const type = typeWords(source, { root });
  const about = [schema.description, schema.title].find((text) => typeof text === "string" && text !== "");
  const words = about === undefined ? "" : `. ${oneLine(String(about), LONGEST_REMARK)}`;
  return `// ${showControls(`${name}: ${type}${required ? ", required" : ""}${words}`)}`;
}

const memberLines = (name: string, value: unknown): string[] =>
  `${JSON.stringify(name)}: ${jsonText(value, 2)},`.split("\n");
