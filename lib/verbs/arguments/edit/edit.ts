// Arguments in an editor of the user's.
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "../../../command-line/command.ts";
import { showControls } from "../../../controls.ts";
import { M2mcpError } from "../../../failure.ts";
import type { JsonObject } from "../../../json.ts";
import { textOf, wholeTextOf } from "../../../plain-text.ts";
import { removeFolder } from "../../../platform/files/remove-folder.ts";
import { chosenEditor, openEditor } from "../../../platform/programs/editor.ts";
import { readJsonObject } from "../read-json.ts";
import { editorFailed, noText, nothingEdited } from "./errors.ts";
import type { Template } from "./template.ts";

/** A remark of ours on what is wrong, at the top of the file. */
const WRONG = "// wrong: ";

/**
 * Lets a person edit arguments until they fit.
 *
 * @param check throws an M2mcpError on those that do not
 * @throws M2mcpError (exit 1) where nothing was changed, the file was emptied, the editor failed, or there is nobody to
 *   open it again for
 */
export async function editedArguments(
  { io, output }: Command,
  { text: first, hasExamples }: Template,
  check: (value: JsonObject) => Promise<void>,
): Promise<JsonObject> {
  const folder = await mkdtemp(join(tmpdir(), "m2mcp-"));
  const file = join(folder, "arguments.jsonc");
  try {
    for (let text = first, isFirst = true; ; isFirst = false) {
      await writeFile(file, text, { mode: 0o600 });
      const editor = chosenEditor(io.env);
      const failure = await openEditor(editor, file, io.env, output.screen.out.isTerminal);
      if (failure !== undefined) throw editorFailed(editor, failure);
      // Editors of Windows save with a mark, and lines of their own kind.
      const saved = await readFile(file);
      const edited = textOf(saved).replaceAll("\r\n", "\n");
      const isSame = edited === text;
      if (withoutWrong(edited).trim() === "" || (isSame && isFirst && hasExamples)) throw nothingEdited();
      try {
        if (wholeTextOf(saved) === undefined) throw noText();
        const value = await read(edited);
        await check(value);
        return value;
      } catch (error) {
        if (!(error instanceof M2mcpError) || isSame || !io.stdin.isTTY) throw error;
        text = `${WRONG}${showControls(error.message)}\n${withoutWrong(edited)}`;
      }
    }
  } finally {
    await removeFolder(folder);
  }
}

async function read(text: string): Promise<JsonObject> {
  const { plainJson } = await import("./plain-json.ts");
  return readJsonObject(plainJson(text), "the edited text is", "write one JSON object");
}

const withoutWrong = (text: string): string =>
  text
    .split("\n")
    .filter((line) => !line.startsWith(WRONG))
    .join("\n");
