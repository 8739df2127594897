import { suggest } from "../../command-line/suggest.ts";
import type { JsonObject } from "../../json.ts";
import { check } from "../../schema/check.ts";
import { Unusable } from "../../schema/checkable.ts";
import type { Fault } from "../../schema/faults.ts";
import { unknownNames } from "../../schema/unknown-names.ts";

/** Arguments, and what is to be said of them. */
export interface Settled {
  value: JsonObject;
  /** They are not sent for these. */
  faults: Fault[];
  /** Names that are allowed and not known: worth a warning where they are sent. */
  doubts: Fault[];
  /** What else is worth a warning. */
  notes: string[];
}

/** Arguments that nothing was found wrong with, or that were not looked at. */
export const unchecked = (value: JsonObject, notes: string[] = []): Settled => ({
  value,
  faults: [],
  doubts: [],
  notes,
});

/**
 * Arguments with all that is wrong with them.
 *
 * @param name of the tool or prompt
 * @param misfits what is known to be wrong already
 */
export async function settled(
  name: string,
  value: JsonObject,
  misfits: Fault[],
  schema: unknown,
): Promise<Settled> {
  const isMeant = ({ path, among, isInvited }: ReturnType<typeof unknownNames>[number]) =>
    isInvited && suggest(path.at(-1) ?? "", among) === undefined;
  const doubts = unknownNames(value, schema).filter((one) => !isMeant(one));
  try {
    const said = new Set(misfits.map(({ path }) => JSON.stringify(path)));
    // Exact numbers are objects here: a validator takes those that a double holds.
    const plain: JsonObject = JSON.parse(JSON.stringify(value));
    const others = (await check(plain, schema)).filter(({ path }) => !said.has(JSON.stringify(path)));
    return { value, faults: [...misfits, ...others], doubts, notes: [] };
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    const why = `the arguments are sent unchecked: the schema of ${name} ${error.message}`;
    return { ...unchecked(value, [why]), doubts: [...misfits, ...doubts] };
  }
}
