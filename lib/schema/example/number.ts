import type { JsonObject } from "../../json.ts";

const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** A number within what a schema allows. @param turn of several that must differ, which one */
export function exampleNumber(schema: JsonObject, isInteger: boolean, turn: number): number {
  const step = number(schema.multipleOf) ?? (isInteger ? 1 : undefined);
  const above = schema.exclusiveMinimum === true ? number(schema.minimum) : number(schema.exclusiveMinimum);
  const below = schema.exclusiveMaximum === true ? number(schema.maximum) : number(schema.exclusiveMaximum);
  const from = number(schema.minimum) ?? above;
  const to = number(schema.maximum) ?? below;
  const isBetween = from !== undefined && to !== undefined && to - from <= 1;
  // Of what lies close together the middle; else the beginning, or the small number that people write.
  let value = isBetween ? (from + to) / 2 : (from ?? Math.min(to ?? 1, 1));
  if (!isBetween && (value === above || value === below))
    value += value === above ? (step ?? 1) : -(step ?? 1);
  if (step === undefined || step <= 0) return value + turn;
  let count = from === undefined ? Math.floor(value / step) : Math.ceil(value / step);
  if (count * step === above) count++;
  if (count * step === below) count--;
  return rounded((count + turn) * step, step);
}

/** Without what multiplying leaves behind: 0.1 * 3. */
function rounded(value: number, step: number): number {
  const [, fraction = ""] = String(step).split(".");
  return Number(value.toFixed(Math.min(fraction.length, 15)));
}
