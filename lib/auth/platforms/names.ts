/** The platforms that are known, in the order in which `auto` looks for them: the nearest to the program first. */
export const PLATFORM_NAMES = [
  "github-actions",
  "gitlab",
  "azure-devops",
  "circleci",
  "buildkite",
  "spiffe",
  "kubernetes",
] as const;
export type PlatformName = (typeof PLATFORM_NAMES)[number];
