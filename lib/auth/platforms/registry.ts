import type { PlatformName } from "./names.ts";
import type { Platform } from "./platform.ts";

/** Each loads its own code, when it is asked for. */
const LOADERS: Record<PlatformName, () => Promise<Platform>> = {
  aws: async () => (await import("./clouds/aws/aws.ts")).aws,
  azure: async () => (await import("./clouds/azure/azure.ts")).azure,
  gcp: async () => (await import("./clouds/gcp.ts")).gcp,
  "github-actions": async () => (await import("./pipelines/github-actions.ts")).githubActions,
  gitlab: async () => (await import("./pipelines/gitlab.ts")).gitlab,
  "azure-devops": async () => (await import("./pipelines/azure-devops.ts")).azureDevops,
  circleci: async () => (await import("./pipelines/circleci.ts")).circleci,
  buildkite: async () => (await import("./pipelines/buildkite.ts")).buildkite,
  spiffe: async () => (await import("./spiffe/spiffe.ts")).spiffe,
  kubernetes: async () => (await import("./clusters/kubernetes.ts")).kubernetes,
};

/** What a platform can be asked. */
export const loadPlatform = (name: PlatformName): Promise<Platform> => LOADERS[name]();
