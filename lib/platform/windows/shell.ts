// Which shell of Windows a person sits at, and how it takes a word as it is.
import { windowsVariable } from "./programs.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** PowerShell before 7.3 takes quotes within an argument away, later ones do not. */
export type Shell = "posix" | "cmd" | "powershell" | "pwsh";

/** The shell that this process was started from, as far as the variables tell. Elsewhere, and in Git's, POSIX is spoken. */
export function shellOf(env: Variables, platform: string = process.platform): Shell {
  if (platform !== "win32" || env.MSYSTEM) return "posix";
  const modules = (windowsVariable(env, "PSModulePath") ?? "").split(";");
  if (modules.some((folder) => /[\\/]PowerShell[\\/]/i.test(folder))) return "pwsh";
  // One such folder is there for all programs; PowerShell itself adds the user's.
  const own = modules.filter((folder) => /[\\/]WindowsPowerShell[\\/]Modules[\\/]?$/i.test(folder));
  return own.length > 1 ? "powershell" : "cmd";
}

/** What says at a line's end that the command goes on. */
export const GOES_ON: Record<Shell, string> = { posix: "\\", cmd: "^", powershell: "`", pwsh: "`" };

/** Words that are nothing special to any of them. */
const PLAIN = /^(?!-)[\w+=:./\\-]+$/;
/** Within double quotes these mean something to one of them. */
const SPECIAL = /["$`%\\]|[\u2018-\u201f]/;

/**
 * A text as one word of a shell of Windows, quoted where it must be.
 *
 * @returns undefined where there is no way
 */
export function windowsWord(text: string, shell: Exclude<Shell, "posix">): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line's end within would be the command's
  if (/[\u0000-\u001f]/.test(text)) return undefined;
  if (PLAIN.test(text)) return text;
  if (!SPECIAL.test(text)) return `"${text}"`;
  switch (shell) {
    case "pwsh":
      return singleQuoted(text);
    case "powershell": {
      const escaped = text.replace(/(\\*)"/g, '$1$1\\"');
      // It puts a word with blanks into quotes, before which backslashes count.
      return singleQuoted(/\s/.test(text) ? escaped.replace(/\\+$/, "$&$&") : escaped);
    }
    case "cmd":
      // Between quotes of the text cmd would take these for its own.
      if (/%/.test(text) || (/"/.test(text) && /[&|<>^]/.test(text))) return undefined;
      return `"${text.replace(/(\\*)"/g, '$1$1\\"').replace(/\\+$/, "$&$&")}"`;
  }
}

/** Curved quotes are quotes to PowerShell as well. */
const singleQuoted = (text: string) => `'${text.replace(/['\u2018-\u201b]/g, "$&$&")}'`;
