import { posix, win32 } from "node:path";
import type { System } from "../../lib/desktop/system.ts";

export interface MemorySystem extends System {
  files: Map<string, string | Uint8Array>;
}

/** A machine of no disk: folders are there where a file lies in them. */
export function memorySystem(
  files: Record<string, string | Uint8Array>,
  more: Partial<Pick<System, "platform" | "env" | "cwd">> = {},
): MemorySystem {
  const platform = more.platform ?? "linux";
  const { dirname, basename } = platform === "win32" ? win32 : posix;
  const home = platform === "win32" ? { USERPROFILE: "C:\\Users\\ada" } : { HOME: "/home/ada" };
  const held = new Map(Object.entries(files));
  const isWithin = (path: string) =>
    [...held.keys()].some((file) => file.startsWith(path + (platform === "win32" ? "\\" : "/")));
  return {
    platform,
    env: { ...home, ...more.env },
    cwd: more.cwd ?? "/home/ada/work",
    files: held,
    read: async (file) => {
      const found = held.get(file);
      return found === undefined ? null : typeof found === "string" ? new TextEncoder().encode(found) : found;
    },
    exists: async (path) => held.has(path) || isWithin(path),
    list: async (folder) => {
      const names = new Set<string>();
      for (let file of held.keys())
        for (; dirname(file) !== file; file = dirname(file))
          if (dirname(file) === folder) names.add(basename(file));
      return [...names];
    },
  };
}
