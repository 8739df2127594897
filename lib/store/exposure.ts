import { exposed, readers } from "../platform/files/permissions.ts";

/** Whether others than their owner can get at the store's files: what a person should know, and mend. */
export interface Exposure {
  /** Looks at a folder, once. */
  checkFolder(path: string): Promise<void>;
  /** @param mode the permission bits that were seen when it was read */
  checkFile(path: string, mode: number): Promise<void>;
  /** Who can read the store's files, where nothing is wrong with them. */
  readers(): string;
  /** Told of each write whether its file could be kept from others. */
  written(isPrivate: boolean): void;
}

/**
 * @param warn told each thing that is wrong, which may be more than once
 * @param env where the user's own folders are
 */
export function createExposure(
  folder: string,
  warn: (message: string) => void,
  env: Record<string, string | undefined>,
): Exposure {
  const checked = new Set<string>();
  return {
    async checkFolder(path) {
      if (checked.has(path)) return;
      checked.add(path);
      const problem = await exposed(path, "folder");
      if (problem) warn(problem);
    },
    async checkFile(path, mode) {
      const problem = await exposed(path, "file", mode);
      if (problem) warn(problem);
    },
    readers: () => readers(folder, env),
    written(isPrivate) {
      if (!isPrivate)
        warn(
          `${folder} is on a file system that keeps no permissions: others here may read the store's files`,
        );
    },
  };
}
