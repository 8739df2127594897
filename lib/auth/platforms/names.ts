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

/** Variables that choose among identities of a platform, or tell those of its jobs apart. */
const CHOOSING: Partial<Record<PlatformName, readonly string[]>> = {
  "github-actions": ["GITHUB_REPOSITORY", "GITHUB_REF", "GITHUB_WORKFLOW_REF", "GITHUB_JOB"],
  gitlab: ["CI_PROJECT_PATH", "CI_COMMIT_REF_NAME", "CI_ENVIRONMENT_NAME"],
  "azure-devops": ["SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECT", "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"],
  circleci: ["CIRCLE_ORGANIZATION_ID", "CIRCLE_PROJECT_ID"],
  buildkite: [
    "BUILDKITE_ORGANIZATION_SLUG",
    "BUILDKITE_PIPELINE_SLUG",
    "BUILDKITE_BRANCH",
    "BUILDKITE_STEP_KEY",
  ],
  spiffe: ["SPIFFE_ENDPOINT_SOCKET"],
  azure: ["AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE", "IDENTITY_ENDPOINT"],
  gcp: ["GCE_METADATA_HOST", "GCE_METADATA_IP"],
  aws: [
    "AWS_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
  ],
};

/** What of the environment tells the identities of a platform apart: a token of one is no token of another. */
export const choosingValues = (
  from: PlatformChoice,
  env: Record<string, string | undefined>,
): (string | null)[] =>
  PLATFORM_NAMES.flatMap((name) => (from === "auto" || from === name ? (CHOOSING[name] ?? []) : [])).map(
    (variable) => env[variable] ?? null,
  );

/** Variables that tokens are in, or what tokens are asked for with. */
const HOLDING: Partial<Record<PlatformName, readonly string[]>> = {
  "github-actions": ["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"],
  gitlab: ["GITLAB_OIDC_TOKEN"],
  "azure-devops": ["SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN"],
  circleci: ["CIRCLE_OIDC_TOKEN_V2", "CIRCLE_OIDC_TOKEN"],
  buildkite: ["BUILDKITE_AGENT_ACCESS_TOKEN"],
  azure: ["IDENTITY_HEADER"],
  aws: ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"],
};

/** The variables that decide what a platform's token is. */
export const variablesRead = (from: PlatformChoice): string[] =>
  PLATFORM_NAMES.filter((name) => from === "auto" || from === name).flatMap((name) => [
    ...(CHOOSING[name] ?? []),
    ...(HOLDING[name] ?? []),
  ]);

/** What may be said of the token that a platform hands out, and which of them can be told; the others hand out what they have. */
const TAKEN = {
  identity: ["gitlab", "azure-devops", "spiffe", "azure", "gcp", "kubernetes"],
  lifetime: ["buildkite", "aws", "kubernetes"],
  algorithm: ["aws"],
} as const satisfies Record<string, readonly PlatformName[]>;
export type Telling = keyof typeof TAKEN;

/** The platforms that can be told; where one is only found later, it is among them. */
export const platformsTold = (telling: Telling): readonly PlatformName[] => TAKEN[telling];
