/** What the OS keyring could not do. */
export class KeyringFailure extends Error {
  override readonly name = "KeyringFailure";
  /** What mends it, where that is not to start or unlock a keyring. */
  readonly hint: string | undefined;
  /** @param message for a person, after "no OS keyring answers: " */
  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** The code that speaks with the keyring is no part of the program's own: the system has to load it. */
export const addonNotLoadable = (platform: string): KeyringFailure =>
  new KeyringFailure("its add-on cannot be loaded", HINTS[platform] ?? HINTS.other);

const HINTS: Record<string, string> = {
  linux:
    "it is one of three: no folder for temporary files can be written, each is mounted noexec (TMPDIR=FOLDER names another one), or libgcc_s.so.1 is not installed (libgcc-s1, libgcc)",
  win32:
    "Microsoft's Visual C++ runtime (vc_redist) has to be installed, whose VCRUNTIME140.dll the add-on needs",
  other: "the folder for temporary files has to be writable: TMPDIR=FOLDER names another one",
};
