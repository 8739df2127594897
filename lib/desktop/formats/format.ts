import type { FormatName } from "../host.ts";

export type Path = readonly string[];

/** A value within objects, down a path. */
export const nested = (path: Path, value: unknown): unknown =>
  path.reduceRight((inner, key) => ({ [key]: inner }), value);

/**
 * How one notation is read and edited: as text, so that all that is not touched stays byte for byte. Texts have no byte
 * order mark.
 *
 * @throws each of them Damaged, where the text cannot be read
 */
export interface Format {
  /** The value at a path; undefined when there is none. */
  read(text: string, path: Path): unknown;
  /** The text with a value at a path: in place of what is there, else as the last of its neighbours. */
  set(text: string, path: Path, value: unknown): string;
  /** The text without what is at a path; as it is where nothing is. The opposite of `set` where nothing was before. */
  remove(text: string, path: Path): string;
}

/** A text that is not what its file should hold, or is written in a form that is not edited here. */
export class Damaged extends Error {
  readonly line: number;
  readonly column: number;
  /** @param reason for a person, after "FILE, line 3, column 5: " */
  constructor(text: string, offset: number, reason: string) {
    super(reason);
    const before = text.slice(0, offset).split("\n");
    this.line = before.length;
    this.column = (before.at(-1)?.length ?? 0) + 1;
  }
}

/** The parser is loaded with its format: no other command needs it. */
export async function formatOf(name: FormatName): Promise<Format> {
  if (name === "toml") return (await import("./toml.ts")).TOML;
  if (name === "yaml") return (await import("./yaml.ts")).YAML;
  const { jsonFormat } = await import("./json.ts");
  return jsonFormat(name === "jsonc");
}
