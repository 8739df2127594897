import { isObject } from "../../json.ts";
import { asDouble } from "../../mcp/jsonrpc/exact-json.ts";
import type { Field } from "./fields.ts";

/** What is wrong with a value for a field; undefined where it is right. */
export function wrongValue(field: Field, value: unknown): string | undefined {
  const { kind, schema } = field;
  if (value === null && field.isNullable) return undefined;
  switch (kind.type) {
    case "text":
      return typeof value === "string" ? wrongText(field, value) : "it takes a text";
    case "number": {
      const number = asDouble(value);
      if (Number.isNaN(number)) return "it takes a number";
      if (kind.integer && !Number.isInteger(number)) return "it takes a whole number";
      return wrongSize(number, schema.minimum, schema.maximum, "");
    }
    case "boolean":
      return typeof value === "boolean" ? undefined : "it takes true or false";
    case "choice":
      return kind.choices.some((choice) => choice.value === value) ? undefined : "it is none of the list";
    case "choices": {
      if (!Array.isArray(value)) return "it takes a list";
      const known = kind.choices.map((choice) => choice.value);
      if (known.length > 0 && !value.every((one) => known.includes(one)))
        return "one of them is none of the list";
      return wrongSize(value.length, schema.minItems, schema.maxItems, " chosen");
    }
  }
}

function wrongText({ schema, matches }: Field, value: string): string | undefined {
  const size = wrongSize([...value].length, schema.minLength, schema.maxLength, " characters");
  if (size !== undefined) return size;
  const form = typeof schema.format === "string" ? FORMATS[schema.format] : undefined;
  if (form && !form.suits(value)) return form.why;
  return matches?.(value) === false ? `it takes what matches ${schema.pattern}` : undefined;
}

function wrongSize(size: number, least: unknown, most: unknown, unit: string): string | undefined {
  const [from, to] = [
    typeof least === "number" ? least : undefined,
    typeof most === "number" ? most : undefined,
  ];
  if ((from === undefined || size >= from) && (to === undefined || size <= to)) return undefined;
  if (from !== undefined && from === to) return `it takes ${from}${unit}`;
  if (from !== undefined && to !== undefined) return `it takes ${from} to ${to}${unit}`;
  return from !== undefined ? `it takes at least ${from}${unit}` : `it takes at most ${to}${unit}`;
}

const FORMATS: Readonly<Record<string, { suits(value: string): boolean; why: string }>> = {
  email: {
    suits: (value) => /^[^\s@]{1,64}@[^\s@]{1,255}$/.test(value),
    why: "it takes an email address, like ann@example.com",
  },
  uri: { suits: (value) => URL.canParse(value), why: "it takes an address, like https://example.com" },
  date: {
    suits: (value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && isDay(value),
    why: "it takes a date, like 2026-07-28",
  },
  "date-time": {
    suits: (value) =>
      /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/.test(value) &&
      isDay(value.slice(0, 10)),
    why: "it takes a date and a time, like 2026-07-28T09:00:00Z",
  },
};

/** `Date` takes the 31st of February for a day of March. */
const isDay = (date: string): boolean => {
  const read = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(date);
};

/** A value as a person reads it in a form. */
export const inWords = (value: unknown): string =>
  Array.isArray(value)
    ? value.map(inWords).join(", ")
    : typeof value === "boolean"
      ? value
        ? "y"
        : "n"
      : isObject(value)
        ? JSON.stringify(value)
        : String(value);
