// Failures around hosts and their files.
import { EXIT, M2mcpError } from "../failure.ts";
import type { Damaged } from "./formats/format.ts";

export const damagedHostFile = (title: string, file: string, { line, column, message }: Damaged) =>
  new M2mcpError(
    "damaged_host_file",
    EXIT.usage,
    `${title}'s file cannot be read, so it is left as it is: ${file}, line ${line}, column ${column}: ${message}`,
    "mend it there, or paste the entry that m2mcp install --print shows",
  );

export const notUtf8 = (title: string, file: string) =>
  new M2mcpError(
    "damaged_host_file",
    EXIT.usage,
    `${title}'s file is no UTF-8 text, so it is left as it is: ${file}`,
    "save it as UTF-8, then run this again",
  );

/** The text as edited would say something else than it should: a form of the notation that is not foreseen. */
export const notEditable = (title: string, file: string) =>
  new M2mcpError(
    "not_editable",
    EXIT.usage,
    `${title}'s file is written in a form that cannot be edited safely, so it is left as it is: ${file}`,
    "paste the entry that m2mcp install --print shows",
  );

export const foreignEntry = (title: string, name: string, file: string) =>
  new M2mcpError(
    "foreign_entry",
    EXIT.usage,
    `${title} has an entry ${name} that does not start m2mcp: ${file}`,
    "--name NAME gives ours another name, --force puts it in the other's place",
  );

export const noSuchScope = (title: string, scope: string, scopes: readonly string[]) =>
  new M2mcpError(
    "no_such_scope",
    EXIT.usage,
    `${title} keeps no entries of scope ${scope}`,
    `it knows --scope ${scopes.join(", --scope ")}`,
  );

export const severalPlaces = (title: string, files: readonly string[]) =>
  new M2mcpError(
    "several_places",
    EXIT.usage,
    `${title} is here more than once: ${files.join(", ")}`,
    "--file PATH says which one is meant",
  );

export const changedMeanwhile = (file: string) =>
  new M2mcpError(
    "changed_meanwhile",
    EXIT.usage,
    `${file} was changed by another program again and again, so it is left as it is`,
    "close the host, then run this again",
  );

export const readOnlyFile = (file: string) =>
  new M2mcpError(
    "read_only_file",
    EXIT.usage,
    `${file} is read-only, so it is left as it is`,
    "whoever made it so may have a tool that writes it; else make it writable",
  );

export const hostFileNotWritable = (file: string, reason: string) =>
  new M2mcpError(
    "host_file_not_written",
    EXIT.usage,
    `cannot write ${file}: ${reason}`,
    "close the host if it holds the file; else make room, or mend the permissions",
  );
