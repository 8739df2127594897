import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { windowsShell } from "../windows/programs.ts";
import { badEnd, inheritedVariables, NOT_STARTED } from "./others.ts";

/** What is started where neither variable names an editor. */
const USUAL = process.platform === "win32" ? "notepad" : "vi";

/** The editor that a person has chosen: VISUAL, else EDITOR. */
export const chosenEditor = ({ VISUAL, EDITOR }: Record<string, string | undefined>): string =>
  VISUAL?.trim() || EDITOR?.trim() || USUAL;

/**
 * The command line that opens a file on Windows: an editor that is given as the bare path of a program gets the quotes
 * that its blanks need.
 */
export const windowsEditor = (editor: string, path: string, isThere: (path: string) => boolean): string =>
  `${/\s/.test(editor) && !editor.includes('"') && isThere(editor) ? `"${editor}"` : editor} "${path}"`;

/**
 * Opens a file in an editor and waits for its end. The editor has the terminal: where stdout is a pipe or a file, it
 * gets stderr in its place.
 *
 * @param editor a command of the shell, with arguments of its own or not (`code --wait`)
 * @returns why it did not end well, for a person; undefined where it did
 */
export function openEditor(
  editor: string,
  path: string,
  env: Record<string, string | undefined>,
  isStdoutTerminal: boolean,
): Promise<string | undefined> {
  const inherited = inheritedVariables(env);
  const stdio = ["inherit", isStdoutTerminal ? "inherit" : 2, "inherit"] as const;
  const restore = leaveInterrupts();
  return new Promise<string | undefined>((resolve) => {
    const child =
      process.platform === "win32"
        ? spawn(windowsEditor(editor, path, existsSync), {
            shell: windowsShell(env),
            stdio: [...stdio],
            env: inherited,
          })
        : // A shell that does not listen ends with the key that its editor has taken.
          spawn("/bin/sh", ["-c", `trap : INT; ${editor} "$1"`, "sh", path], {
            stdio: [...stdio],
            env: inherited,
          });
    child.on("error", () => resolve(NOT_STARTED));
    child.on("close", (code, signal) => resolve(badEnd(code, signal)));
  }).finally(restore);
}

/** Ctrl-C is not for this process: the terminal sends it to all who share it. @returns what takes that back */
function leaveInterrupts(): () => void {
  const ignore = () => {};
  const others = process.listeners("SIGINT");
  process.on("SIGINT", ignore);
  for (const other of others) process.off("SIGINT", other);
  return () => {
    for (const other of others) process.on("SIGINT", other);
    process.off("SIGINT", ignore);
  };
}
