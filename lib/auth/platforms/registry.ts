import type { PlatformName } from "./names.ts";
import type { Platform } from "./platform.ts";

/** Each loads its own code, when it is asked for. */
const LOADERS: Record<PlatformName, () => Promise<Platform>> = {
  "github-actions": async () => (await import("./pipelines/github-actions.ts")).githubActions,
};

/** What a platform can be asked. */
export const loadPlatform = (name: PlatformName): Promise<Platform> => LOADERS[name]();
