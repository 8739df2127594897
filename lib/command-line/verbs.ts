import type { Verb } from "./command.ts";
import { CONNECTION_OPTIONS, CREDENTIAL_OPTIONS, GENERAL_OPTIONS, type OptionName } from "./options.ts";

/** A verb as the registry knows it; its file is loaded when it runs. */
export interface VerbSpec {
  name: string;
  /** As in help: `<server> [@name]`. */
  arguments: string;
  about: string;
  options: readonly OptionName[];
  examples: readonly string[];
  load(): Promise<Verb>;
}

const OWN_NAME = "@svc";
/** Options of every verb that speaks to a server. */
const SPEAKING = [...CREDENTIAL_OPTIONS, ...CONNECTION_OPTIONS, ...GENERAL_OPTIONS];
const KEEPING: readonly OptionName[] = ["store", ...GENERAL_OPTIONS];

export const VERBS: readonly VerbSpec[] = [
  {
    name: "login",
    arguments: "<server> [@name]",
    about: "Prove a client's credentials with one token request and keep them, encrypted",
    options: SPEAKING,
    examples: [
      "m2mcp login https://mcp.example.com/mcp --client-id ID --client-secret SECRET",
      "m2mcp login mcp.example.com/mcp @ci --client-id ID --private-key key.pem --scope 'tools:read'",
      "op read op://ci/mcp/secret | m2mcp login mcp.example.com/mcp --client-id ID --client-secret -",
    ],
    load: () => import("../verbs/profiles/login.ts"),
  },
  {
    name: "connect",
    arguments: "<server|@login> <@name>",
    about: "Save a connection under a name, after one real request over it",
    options: ["profile", ...SPEAKING],
    examples: [`m2mcp connect https://mcp.example.com/mcp ${OWN_NAME}`],
    load: () => import("../verbs/profiles/connect.ts"),
  },
  {
    name: "profiles",
    arguments: "",
    about: "List what login and connect have saved",
    options: KEEPING,
    examples: ["m2mcp profiles", "m2mcp profiles --json"],
    load: () => import("../verbs/profiles/list.ts"),
  },
  {
    name: "logout",
    arguments: "<@name|server>",
    about: "Remove a profile, its secrets and tokens, and the connections that use its login",
    options: KEEPING,
    examples: [`m2mcp logout ${OWN_NAME}`, "m2mcp logout https://mcp.example.com/mcp"],
    load: () => import("../verbs/profiles/logout.ts"),
  },
  {
    name: "bridge",
    arguments: "<target>",
    about: "Pipe JSON-RPC between stdin, stdout and the server, for MCP hosts",
    options: SPEAKING,
    examples: [
      `m2mcp bridge ${OWN_NAME}`,
      "M2MCP_CLIENT_ID=ID M2MCP_CLIENT_SECRET=SECRET m2mcp https://mcp.example.com/mcp",
    ],
    load: () => import("../verbs/server/bridge.ts"),
  },
  {
    name: "show",
    arguments: "<target>",
    about: "Show a server's name, version, capabilities and instructions",
    options: SPEAKING,
    examples: [`m2mcp ${OWN_NAME}`, `m2mcp ${OWN_NAME} show --json`],
    load: () => import("../verbs/server/show.ts"),
  },
  {
    name: "tools-list",
    arguments: "<target>",
    about: "List the server's tools",
    options: SPEAKING,
    examples: [`m2mcp ${OWN_NAME} tools-list`, `m2mcp tools-list ${OWN_NAME} --json`],
    load: () => import("../verbs/tools/list.ts"),
  },
  {
    name: "tools-get",
    arguments: "<target> <name>",
    about: "Show one tool: what it does and what it takes",
    options: SPEAKING,
    examples: [`m2mcp ${OWN_NAME} tools-get search`],
    load: () => import("../verbs/tools/get.ts"),
  },
  {
    name: "tools-call",
    arguments: "<target> <name> [...arguments]",
    about: "Call a tool with key=value, key:='json', or a JSON object on stdin",
    options: SPEAKING,
    examples: [
      `m2mcp ${OWN_NAME} tools-call search query='red shoes' limit:=5 filter:='{"inStock":true}'`,
      `echo '{"query":"red shoes"}' | m2mcp ${OWN_NAME} tools-call search -`,
    ],
    load: () => import("../verbs/tools/call.ts"),
  },
  {
    name: "resources-list",
    arguments: "<target>",
    about: "List the server's resources",
    options: SPEAKING,
    examples: [`m2mcp ${OWN_NAME} resources-list`],
    load: () => import("../verbs/resources/list.ts"),
  },
  {
    name: "resources-templates-list",
    arguments: "<target>",
    about: "List the server's resource templates",
    options: SPEAKING,
    examples: [`m2mcp ${OWN_NAME} resources-templates-list`],
    load: () => import("../verbs/resources/templates.ts"),
  },
  {
    name: "resources-read",
    arguments: "<target> <uri>",
    about: "Write a resource's content to stdout, as it is",
    options: SPEAKING,
    examples: [`m2mcp ${OWN_NAME} resources-read file:///logo.png > logo.png`],
    load: () => import("../verbs/resources/read.ts"),
  },
  {
    name: "prompts-list",
    arguments: "<target>",
    about: "List the server's prompts",
    options: SPEAKING,
    examples: [`m2mcp ${OWN_NAME} prompts-list`],
    load: () => import("../verbs/prompts/list.ts"),
  },
  {
    name: "prompts-get",
    arguments: "<target> <name> [...arguments]",
    about: "Show a prompt, filled with key=value",
    options: SPEAKING,
    examples: [`m2mcp ${OWN_NAME} prompts-get review language=TypeScript`],
    load: () => import("../verbs/prompts/get.ts"),
  },
  {
    name: "ping",
    arguments: "<target>",
    about: "Ask the server for a sign of life and say how long it took",
    options: SPEAKING,
    examples: [`m2mcp ${OWN_NAME} ping`],
    load: () => import("../verbs/server/ping.ts"),
  },
  {
    name: "store",
    arguments: "[action]",
    about:
      "Show where secrets are kept; move their key (move --to PLACE), change the passphrase (passphrase)",
    options: ["to", ...KEEPING],
    examples: ["m2mcp store", "m2mcp store move --to keyring", "m2mcp store passphrase"],
    load: () => import("../verbs/store.ts"),
  },
  {
    name: "doctor",
    arguments: "<target>",
    about: "Walk through discovery, metadata, grant and a first call, and say what is wrong",
    options: SPEAKING,
    examples: [`m2mcp doctor ${OWN_NAME}`, "m2mcp doctor https://mcp.example.com/mcp --json"],
    load: () => import("../verbs/server/doctor.ts"),
  },
];
