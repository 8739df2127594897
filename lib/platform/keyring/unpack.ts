// Gives a native add-on that is embedded in the executable to the loader, and leaves nothing behind: by itself the
// runtime would unpack it into the folder for temporary files, under a name that anybody can foresee, and let it lie.
import { closeSync, mkdtempSync, openSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unpacked } from "../runtime/unpacked.ts";
import { isAbsolutePath } from "../windows/paths.ts";
import { keptAddon } from "./kept-addon.ts";

/** Linux: a file without a name, gone with its last descriptor (open(2), O_TMPFILE with O_DIRECTORY). */
const O_TMPFILE = 0o20200000;
const O_RDWR = 2;

export interface Unpacked {
  /** For `process.dlopen`, in this process. */
  path: string;
  /** A folder made for it, to be removed as soon as it is loaded. */
  folder?: string;
  /** To be called when it is loaded, or will not be. */
  close(): void;
}

/**
 * Ways to unpack an add-on, the best first; each throws where it cannot be gone. A file system may also not run what it
 * holds, which shows at loading.
 *
 * @param embedded the add-on's path within the executable
 */
export function unpackings(embedded: string, env: Record<string, string | undefined>): (() => Unpacked)[] {
  if (process.platform === "win32") {
    const { LOCALAPPDATA: own = "" } = env;
    const kept = () => keptAddon(embedded, unpacked(embedded), join(own, "m2mcp", "addon"));
    // Loaded, it cannot be removed there: a folder of this process would lie on.
    const lying = ({ path, close }: Unpacked): Unpacked => ({ path, close });
    return [...(isAbsolutePath(own) ? [kept] : []), () => lying(inOwnFolder(embedded))];
  }
  if (process.platform !== "linux") return [() => inOwnFolder(embedded)];
  const folders = new Set([tmpdir(), "/dev/shm", `/run/user/${process.getuid?.()}`]);
  return [...[...folders].map((folder) => () => nameless(embedded, folder)), () => inOwnFolder(embedded)];
}

function nameless(embedded: string, folder: string): Unpacked {
  const descriptor = openSync(folder, O_TMPFILE | O_RDWR, 0o700);
  writeFileSync(descriptor, unpacked(embedded));
  return { path: `/proc/self/fd/${descriptor}`, close: () => closeSync(descriptor) };
}

/** In a folder that is this user's alone. */
function inOwnFolder(embedded: string): Unpacked {
  const folder = mkdtempSync(join(tmpdir(), "m2mcp-"));
  const path = join(folder, "addon.node");
  writeFileSync(path, unpacked(embedded), { mode: 0o700 });
  return { path, folder, close() {} };
}
