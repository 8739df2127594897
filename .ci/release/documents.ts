import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SCRIPTS } from "../../lib/command-line/completion/scripts.ts";
import { manPage } from "../../lib/command-line/help/man-page.ts";
import type { Built, Release } from "./release.ts";

/** Files that lie beside an executable: name → text. */
export type Documents = Readonly<Record<string, string>>;

/** What a shell completes with, and where a Debian package puts it. */
export const COMPLETIONS = [
  { shell: "bash", file: "completions/m2mcp.bash", place: "usr/share/bash-completion/completions/m2mcp" },
  { shell: "zsh", file: "completions/_m2mcp", place: "usr/share/zsh/vendor-completions/_m2mcp" },
  { shell: "fish", file: "completions/m2mcp.fish", place: "usr/share/fish/vendor_completions.d/m2mcp.fish" },
  { shell: "powershell", file: "completions/m2mcp.ps1", place: undefined },
] as const;

/** What goes with one platform's executable. */
export function documents({ root }: Release, { stage }: Built): Documents {
  const text = (...path: string[]) => readFileSync(join(root, ...path), "utf8");
  return {
    LICENSE: text("LICENSE"),
    "README.md": text("README.md"),
    "CHANGELOG.md": text("CHANGELOG.md"),
    "THIRD-PARTY.md": readFileSync(join(stage, "build", "THIRD-PARTY.md"), "utf8"),
    "m2mcp.1": manPage(),
    ...Object.fromEntries(COMPLETIONS.map(({ shell, file }) => [file, SCRIPTS[shell]])),
  };
}
