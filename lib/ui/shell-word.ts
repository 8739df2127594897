import { type Shell, windowsWord } from "../platform/windows/shell.ts";

const PLAIN = /^[\w@%+=:,./-]*$/;

/**
 * A text as one word of a shell, quoted where it must be; in POSIX of `name=value` the value alone.
 *
 * @returns undefined where the shell has no way to it
 */
export function shellWord(text: string, shell: Shell = "posix"): string | undefined {
  if (shell !== "posix") return windowsWord(text, shell);
  const [name = ""] = /^[\w-]+:?=/.exec(text) ?? [];
  const rest = text.slice(name.length);
  return rest !== "" && PLAIN.test(rest) ? text : `${name}'${rest.replaceAll("'", "'\\''")}'`;
}
