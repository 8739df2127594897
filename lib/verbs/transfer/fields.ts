import { showControls } from "../../controls.ts";
import { M2mcpError, wrongUsage } from "../../failure.ts";
import type { JsonObject } from "../../json.ts";

/** Longest text, and longest list, of a file of profiles. */
const LONGEST = 4096;
const MOST = 1000;

export const notOurs = (why: string) =>
  wrongUsage(`this is no file of profiles: ${why}`, "m2mcp export writes one");

export type Fields = ReturnType<typeof fieldsOf>;

/** Reads members of an object, whose failures name the member and never its value. */
export function fieldsOf(object: JsonObject, where: string) {
  const wrong = (name: string) => notOurs(`${showControls(where)}: ${name} is not what it should be`);
  function check<T>(name: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw error instanceof M2mcpError ? wrong(name) : error;
    }
  }
  const text = (name: string): string | undefined => {
    const value = object[name];
    if (value === undefined) return undefined;
    if (typeof value !== "string" || value === "" || value.length > LONGEST || /\p{Cc}/u.test(value))
      throw wrong(name);
    return value;
  };
  return {
    wrong,
    check,
    text,
    none(name: string): never {
      throw notOurs(`${showControls(where)} has no ${name}`);
    },
    read<T>(name: string, parse: (text: string) => T): T | undefined {
      const value = text(name);
      return value === undefined ? undefined : check(name, () => parse(value));
    },
    list(name: string): string[] | undefined {
      const value = object[name];
      if (value === undefined) return undefined;
      const isList =
        Array.isArray(value) &&
        value.length <= MOST &&
        value.every((one) => typeof one === "string" && one.length <= LONGEST && !/\p{Cc}/u.test(one));
      if (!isList) throw wrong(name);
      return value as string[];
    },
  };
}
