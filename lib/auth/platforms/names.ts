/** The platforms that are known, in the order in which `auto` looks for them: the nearest to the program first. */
export const PLATFORM_NAMES = [
  "github-actions",
  "gitlab",
  "azure-devops",
  "circleci",
  "buildkite",
  "spiffe",
  "azure",
  "gcp",
  "aws",
  "kubernetes",
] as const;
export type PlatformName = (typeof PLATFORM_NAMES)[number];

/** What may be asked for: a platform, or the one that is found. */
export const PLATFORM_CHOICES = ["auto", ...PLATFORM_NAMES] as const;
export type PlatformChoice = (typeof PLATFORM_CHOICES)[number];

/** The platform that a text names. */
export const platformNamed = (text: unknown): PlatformChoice | undefined =>
  PLATFORM_CHOICES.find((name) => name === text);
