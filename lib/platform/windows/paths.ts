/** Whether a path of Windows says where it is by itself: with its drive, or with its server and share. */
export const isAbsolutePath = (path: string): boolean =>
  /^[a-z]:[\\/]/i.test(path) || /^[\\/]{2}[^\\/]/.test(path);

/** Names that Windows keeps for devices, whatever their ending and in every folder ("Naming Files, Paths, and Namespaces"). */
const DEVICE = /^(con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]|conin\$|conout\$) *(\.|$)/i;

export const isDeviceName = (name: string): boolean => DEVICE.test(name);

/**
 * Why Windows takes no file of this name, for a person; undefined where it takes one. What stands behind a colon would be
 * a stream of another file, and blanks and dots at the end would be left out.
 */
export function refusedName(name: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  const [odd] = /[\u0000-\u001f<>:"/\\|?*]/.exec(name) ?? [];
  if (odd !== undefined)
    return odd < " " ? "its name has a control character" : `no name may hold ${odd} on Windows`;
  if (isDeviceName(name)) return "Windows keeps its name for a device";
  return /[. ]$/.test(name) ? "no name may end with a dot or a blank on Windows" : undefined;
}
