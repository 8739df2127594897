import { isDeepStrictEqual } from "node:util";
import { isObject } from "../json.ts";
import { type Entry, entryOf, isOurs } from "./entry.ts";
import { damagedHostFile, foreignEntry, notEditable, notUtf8 } from "./errors.ts";
import { Damaged, type Format, formatOf } from "./formats/format.ts";
import type { Place } from "./place.ts";
import type { System } from "./system.ts";

/** A host's file as it was read, and how to edit it. */
export interface HostFile {
  place: Place;
  /** null where there is none. */
  text: string | null;
  /** Stands before the text. */
  mark: "" | "\ufeff";
  format: Format;
}

/** @throws M2mcpError where the file cannot be read or is no text; what stands in it is not looked at yet */
export async function readHostFile(place: Place, system: System): Promise<HostFile> {
  const bytes = await system.read(place.file);
  const format = await formatOf(place.host.format);
  if (bytes === null) return { place, text: null, mark: "", format };
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const mark = text.startsWith("\ufeff") ? "\ufeff" : "";
    return { place, text: text.slice(mark.length), mark, format };
  } catch {
    throw notUtf8(place.host.title, place.file);
  }
}

/** All entries of a file's place by their names, also those that start nothing here. @throws M2mcpError damaged */
export function entriesOf(file: HostFile): [name: string, value: unknown][] {
  const found = reading(file, () => file.format.read(file.text ?? "", file.place.under));
  return isObject(found) ? Object.entries(found) : [];
}

/** Does something with a text that may be damaged. */
function reading<T>({ place }: HostFile, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Damaged) throw damagedHostFile(place.host.title, place.file, error);
    throw error;
  }
}

/** What is to be written, and what was there: the same where there is nothing to do. */
export interface Change {
  /** null: no file. */
  before: string | null;
  after: string | null;
  kind: "added" | "updated" | "unchanged" | "removed" | "absent";
}

/**
 * The file with an entry: added, or brought up to date where it is ours, with all that its user has set besides.
 *
 * @param force also in place of an entry that is not ours
 * @throws M2mcpError damaged, foreign_entry, not_editable
 */
export function withEntry(file: HostFile, name: string, entry: Entry, force: boolean): Change {
  return reading(file, () => {
    const { place, format } = file;
    const before = file.text ?? "";
    const path = [...place.under, name];
    const wanted = place.host.value(entry, name);
    const old = format.read(before, path);
    const held = entryOf(old);
    const isNew = old === undefined;
    if (!isNew && !(held && isOurs(held)) && !force) throw foreignEntry(place.host.title, name, place.file);
    const isUpdate = !isNew && held !== undefined && isOurs(held) && isObject(old);
    const value = isUpdate ? merged(old, wanted) : wanted;
    const after = isUpdate
      ? Object.entries(value).reduce(
          (text, [key, part]) =>
            isDeepStrictEqual(format.read(text, [...path, key]), part)
              ? text
              : format.set(text, [...path, key], part),
          before,
        )
      : format.set(isNew ? before : format.remove(before, path), path, value);
    check(file, before, after, path, value);
    const kind = after === file.text ? "unchanged" : isNew ? "added" : "updated";
    return { before: file.text, after, kind };
  });
}

/** What its user has set stays; what we start it with is ours. */
function merged(old: Record<string, unknown>, wanted: Record<string, unknown>): Record<string, unknown> {
  const ours = ["command", "cmd", "args"].filter((key) => key in wanted);
  const variables = ["env", "envs"]
    .filter((key) => isObject(wanted[key]))
    .map((key) => [key, { ...(isObject(old[key]) ? old[key] : {}), ...(wanted[key] as object) }] as const);
  return {
    ...wanted,
    ...old,
    ...Object.fromEntries(ours.map((key) => [key, wanted[key]])),
    ...Object.fromEntries(variables),
  };
}

/** The file without an entry; what it was before is for `restored` to know. @throws M2mcpError damaged, not_editable */
export function withoutEntry(file: HostFile, name: string): Change {
  return reading(file, () => {
    const before = file.text ?? "";
    const path = [...file.place.under, name];
    const after = file.format.remove(before, path);
    if (after === before) return { before: file.text, after: file.text, kind: "absent" as const };
    check(file, before, after, path, undefined);
    return { before: file.text, after, kind: "removed" as const };
  });
}

/** No text is written that its own reader would take for anything else than what was meant. */
function check(file: HostFile, before: string, after: string, path: string[], value: unknown): void {
  const [old, changed] = [file.format.read(before, []), file.format.read(after, [])];
  const expected = placed(isObject(old) ? old : {}, path, value);
  const found = placed(isObject(changed) ? changed : {}, path, value);
  const isThere = isDeepStrictEqual(file.format.read(after, path), value);
  if (!isThere || !isDeepStrictEqual(expected, found))
    throw notEditable(file.place.host.title, file.place.file);
}

/** An object with a value at a path; with undefined without it. Objects on the way that are empty count as none. */
function placed(
  object: Record<string, unknown>,
  [key = "", ...rest]: string[],
  value: unknown,
): Record<string, unknown> {
  const { [key]: held, ...others } = object;
  const inner = rest.length === 0 ? value : placed(isObject(held) ? held : {}, rest, value);
  const isEmpty = inner === undefined || (isObject(inner) && Object.keys(inner).length === 0);
  return isEmpty ? others : { ...others, [key]: inner };
}
