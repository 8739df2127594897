/** One option of the command line: the one place that parsing, help and variable names read. */
export interface OptionSpec {
  /** What stands for the value in help; absent for a switch. */
  value?: string;
  about: string;
  /** May be given more than once; in its variable, one value a line. */
  repeat?: true;
  /** False: no environment variable stands for it. */
  variable?: false;
  /** Its value may hold variables, which are put in at use. */
  expands?: true;
  /** Its value is, or may hold, a secret. */
  secret?: true;
  group: "credentials" | "connection" | "general" | "own";
}

const table = {
  grant: {
    group: "credentials",
    value: "GRANT",
    about: "client-credentials (default) or jwt-bearer",
  },
  "client-id": { group: "credentials", value: "ID", about: "the client's id" },
  "client-secret": {
    group: "credentials",
    value: "SECRET",
    secret: true,
    about: "the client's secret; - reads it from stdin",
  },
  "client-secret-file": { group: "credentials", value: "PATH", about: "a file with the secret" },
  "client-secret-command": {
    group: "credentials",
    value: "COMMAND",
    secret: true,
    expands: true,
    about: "a command that prints the secret",
  },
  "no-store-secret": {
    group: "credentials",
    about: "store where secrets and keys come from, not what they are; read again at each token request",
  },
  "private-key": {
    group: "credentials",
    value: "PATH",
    about: "private key for private_key_jwt, PEM or JWK",
  },
  "private-key-passphrase-file": {
    group: "credentials",
    value: "PATH",
    about: "a file with the passphrase of an encrypted key",
  },
  "key-id": { group: "credentials", value: "KID", about: "the key's id as the server knows it" },
  "signing-alg": {
    group: "credentials",
    value: "ALG",
    about: "RS256, PS256, ES256, EdDSA, …; by default what key and server agree on",
  },
  certificate: {
    group: "credentials",
    value: "PATH",
    about: "certificate of the private key, named by its thumbprint (Entra ID)",
  },
  "assertion-audience": {
    group: "credentials",
    value: "AUDIENCE",
    about: "issuer (default), token-endpoint or a URI: whom assertions are for",
  },
  "client-assertion-file": {
    group: "credentials",
    value: "PATH",
    about: "a file with a token of the platform, read anew each time",
  },
  "client-assertion-command": {
    group: "credentials",
    value: "COMMAND",
    secret: true,
    expands: true,
    about: "a command that prints such a token",
  },
  assertion: {
    group: "credentials",
    value: "PLATFORM",
    about: "a platform that hands out such tokens: github-actions",
  },
  "auth-method": {
    group: "credentials",
    value: "METHOD",
    about: "client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth or none",
  },
  scope: { group: "credentials", value: "SCOPE", about: "scopes to ask for, separated by spaces" },
  issuer: {
    group: "credentials",
    value: "URL",
    about: "the only authorization server that the credentials may go to",
  },
  "token-endpoint": { group: "credentials", value: "URL", about: "token endpoint; skips discovery" },
  resource: {
    group: "credentials",
    value: "URI",
    about: "the resource to ask tokens for, if not the server's own name",
  },
  "no-resource": { group: "credentials", about: "send no resource (Entra ID v2, Cognito)" },
  audience: { group: "credentials", value: "AUDIENCE", about: "audience to ask tokens for (Auth0)" },
  "token-param": {
    group: "credentials",
    value: "NAME=VALUE",
    secret: true,
    repeat: true,
    about: "further parameter of token requests",
  },
  "client-cert": {
    group: "credentials",
    value: "PATH",
    about: "client certificate for mutual TLS, PEM",
  },
  "client-key": { group: "credentials", value: "PATH", about: "its private key, PEM" },
  dpop: { group: "credentials", about: "insist on tokens bound to a key (DPoP)" },

  header: {
    group: "connection",
    value: "'NAME: VALUE'",
    secret: true,
    repeat: true,
    expands: true,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shown to the user as it is written in a shell
    about: "header for MCP requests; ${VAR} is taken from the environment at use",
  },
  ca: { group: "connection", value: "FILE", about: "further certificate authorities, PEM" },
  "allow-http": {
    group: "connection",
    value: "HOST",
    repeat: true,
    about: "allow plain http to this host: credentials and tokens then travel in the clear",
  },
  protocol: { group: "connection", value: "VERSION", about: "MCP protocol version to insist on" },
  timeout: {
    group: "connection",
    value: "SECONDS",
    about: "silence after which the server counts as gone; a request gets six times that in all",
  },
  store: {
    group: "connection",
    value: "PLACE",
    about: "where a new store keeps its key: keyring, file or passphrase",
  },

  profile: { group: "own", value: "@NAME", about: "the login to use, where several know the server" },
  to: {
    group: "own",
    value: "PLACE",
    variable: false,
    about: "where the store's key shall be: keyring, file or passphrase",
  },

  json: { group: "general", about: "print JSON; errors too" },
  verbose: { group: "general", about: "tell each step on stderr, never a secret" },
  help: { group: "general", variable: false, about: "show this help" },
  version: { group: "general", variable: false, about: "show the version" },
  licenses: { group: "general", variable: false, about: "show the notices of what m2mcp is made of" },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof table;

export const OPTIONS: Readonly<Record<OptionName, OptionSpec>> = table;

export const OPTION_NAMES = Object.keys(table) as OptionName[];

/** Narrows text to the name of an option, written without dashes. */
export const isOptionName = (text: string): text is OptionName => Object.hasOwn(table, text);

const ofGroup = (group: OptionSpec["group"]) => OPTION_NAMES.filter((name) => OPTIONS[name].group === group);

export const CREDENTIAL_OPTIONS = ofGroup("credentials");
export const CONNECTION_OPTIONS = ofGroup("connection");
export const GENERAL_OPTIONS = ofGroup("general");

/** The environment variable that stands for an option, `M2MCP_CLIENT_ID` for `client-id`; null when none does. */
export const variableOf = (name: OptionName): string | null =>
  OPTIONS[name].variable === false ? null : `M2MCP_${name.toUpperCase().replaceAll("-", "_")}`;

/** An option as a user writes it, with what stands for its value: `--client-id ID`. */
export const spelled = (name: OptionName): string => {
  const { value } = OPTIONS[name];
  return value ? `--${name} ${value}` : `--${name}`;
};
