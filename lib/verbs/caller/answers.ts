import { resolve } from "node:path";
import { wrongUsage } from "../../failure.ts";
import { isObject, type JsonObject } from "../../json.ts";
import { reasonOf } from "../../platform/files/files.ts";
import { readRegularFile } from "../../platform/files/read-file.ts";
import { wrongValue } from "../../ui/form/check-value.ts";
import { fieldsOf } from "../../ui/form/fields.ts";
import type { IO } from "../../ui/io.ts";
import { readJson } from "../arguments/read-json.ts";
import { textIn } from "../arguments/text-in.ts";

const MAX_BYTES = 1024 * 1024;

/** Answers given beforehand: one for all forms, or one for each in turn. */
export interface Answers {
  /** The values for the next form; undefined where they are used up. */
  next(): JsonObject | undefined;
}

/**
 * Reads `--answers FILE`: an object with the values of fields by name, for every form that asks for them, or a list of such
 * objects, for one form after the other.
 *
 * @throws M2mcpError (exit 1) where there is no such file, or it holds something else
 */
export async function readAnswers({ cwd }: Pick<IO, "cwd">, path: string): Promise<Answers> {
  const read = await readRegularFile(resolve(cwd, path), { maxBytes: MAX_BYTES, pipes: true }).catch(
    (error: unknown) => {
      throw wrongUsage(`cannot read ${path}: ${reasonOf(error)}`, "--answers takes the path of a JSON file");
    },
  );
  return answersIn(await readJson(textIn(read.bytes, path), `${path} is`, SHAPE), path);
}

const SHAPE =
  'write the values by the names of the fields, like {"colour": "teal"}, or a list of such objects';

function answersIn(value: unknown, path: string): Answers {
  if (isObject(value)) return { next: () => value };
  if (!Array.isArray(value) || !value.every(isObject)) throw wrongUsage(`${path} holds no answers`, SHAPE);
  let at = 0;
  return { next: () => value[at++] };
}

/** What answers hold for a form: the values that suit it, and what is missing or wrong, for a person. */
export async function suiting(
  schema: JsonObject,
  answers: JsonObject,
): Promise<{ content: JsonObject; lacks: string[] }> {
  const content: JsonObject = {};
  const lacks: string[] = [];
  for (const field of await fieldsOf(schema)) {
    const value = Object.hasOwn(answers, field.name) ? answers[field.name] : field.schema.default;
    if (value === undefined) {
      if (field.isRequired) lacks.push(`${field.name} is missing`);
      continue;
    }
    const why = wrongValue(field, value);
    if (why === undefined) content[field.name] = value;
    else lacks.push(`${field.name}: ${why}`);
  }
  return { content, lacks };
}
