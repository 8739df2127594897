/** Shells that completion knows. */
export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;

export type Shell = (typeof SHELLS)[number];

export const isShell = (text: string): text is Shell => SHELLS.some((shell) => shell === text);
