import { KEEPING, OWN_NAME, SPEAKING, type VerbSpec } from "./verb-spec.ts";

export const PROFILES: readonly VerbSpec[] = [
  {
    name: "login",
    group: "set up",
    arguments: "<server> [@name]",
    about: "Prove a client's credentials with one token request and keep them, encrypted",
    options: SPEAKING,
    needs: ["client-id", "client-secret", "client-secret-file", "private-key", "scope"],
    examples: [
      "m2mcp login https://mcp.example.com/mcp --client-id ID --client-secret SECRET",
      "m2mcp login mcp.example.com/mcp @ci --client-id ID --private-key key.pem --scope 'tools:read'",
      "op read op://ci/mcp/secret | m2mcp login mcp.example.com/mcp --client-id ID --client-secret -",
    ],
    load: () => import("../../verbs/profiles/login.ts"),
  },
  {
    name: "connect",
    group: "set up",
    arguments: "<server|@login> <@name>",
    about: "Save a connection under a name, after one real request over it",
    options: ["profile", ...SPEAKING],
    examples: [`m2mcp connect https://mcp.example.com/mcp ${OWN_NAME}`],
    load: () => import("../../verbs/profiles/connect.ts"),
  },
  {
    name: "profiles",
    group: "set up",
    arguments: "",
    about: "List what login and connect have saved",
    options: KEEPING,
    examples: ["m2mcp profiles", "m2mcp profiles --json"],
    load: () => import("../../verbs/profiles/list.ts"),
  },
  {
    name: "logout",
    group: "set up",
    arguments: "<@name|server>",
    about: "Remove a profile, its secrets and tokens, and the connections that use its login",
    options: KEEPING,
    examples: [`m2mcp logout ${OWN_NAME}`, "m2mcp logout https://mcp.example.com/mcp"],
    load: () => import("../../verbs/profiles/logout.ts"),
  },
  {
    name: "store",
    group: "set up",
    arguments: "[action]",
    about:
      "Show where secrets are kept; move their key (move --to PLACE), change the passphrase (passphrase)",
    options: ["to", ...KEEPING],
    examples: ["m2mcp store", "m2mcp store move --to keyring", "m2mcp store passphrase"],
    load: () => import("../../verbs/store.ts"),
  },
  {
    name: "completion",
    group: "set up",
    arguments: "<shell>",
    about: "Print what bash, zsh, fish or PowerShell reads to complete commands, names and arguments",
    options: KEEPING,
    examples: [
      `eval "$(m2mcp completion bash)"`,
      "source <(m2mcp completion zsh)",
      "m2mcp completion fish | source",
    ],
    load: () => import("../../verbs/completion.ts"),
  },
];
