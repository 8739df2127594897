import type { PlatformName } from "./names.ts";
import type { Platform } from "./platform.ts";

/** Each loads its own code, when it is asked for. */
const LOADERS: Record<PlatformName, () => Promise<Platform>> = {
  aws: async () => (await import("./clouds/aws/aws.ts")).aws,
  azure: async () => (await import("./clouds/azure/azure.ts")).azure,
  gcp: async () => (await import("./clouds/gcp.ts")).gcp,
  "github-actions": async () => (await import("./pipelines/github-actions.ts")).githubActions,
};

/** What a platform can be asked. */
export const loadPlatform = (name: PlatformName): Promise<Platform> => LOADERS[name]();
