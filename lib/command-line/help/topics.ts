import { GRANTS } from "../options/grants.ts";
import {
  CONNECTION_OPTIONS,
  CREDENTIAL_OPTIONS,
  GENERAL_OPTIONS,
  OPTION_NAMES,
  OPTIONS,
  type OptionName,
  variableOf,
} from "../options.ts";
import type { HelpPage } from "../topic-names.ts";
import type { Section } from "./layout.ts";
import { optionRowsWithVariables } from "./option-rows.ts";
import { commands } from "./overview.ts";

/** Pages of help that belong to no verb. */
export const PAGES: Readonly<Record<HelpPage, () => Section[]>> = {
  commands: () => [
    {
      parts: [
        {
          text: "The commands. <target> is @name, a saved connection, or the URL of a server; it may stand before the command.",
        },
      ],
    },
    ...commands(),
  ],
  credentials,
  options: () => [
    {
      parts: [
        {
          text: "Options of most commands. login and connect save those of the connection; a command may add to them. Each has a variable, in [brackets]; the option wins.",
        },
      ],
    },
    { title: "Connection", parts: [{ rows: optionRowsWithVariables(CONNECTION_OPTIONS) }] },
    { title: "All commands", parts: [{ rows: optionRowsWithVariables(GENERAL_OPTIONS) }] },
  ],
  environment,
  "exit-codes": () => [
    { parts: [{ text: "How a command ended, for scripts." }] },
    {
      title: "Exit codes",
      parts: [
        {
          rows: [
            ["0", "done"],
            ["1", "wrong usage; nothing was sent"],
            ["2", "the server, or its tool, answered with an error"],
            ["3", "network, or a time limit"],
            ["4", "not authorized: credentials are missing, refused or not good for this"],
            ["5", "the store of profiles cannot be opened, or is damaged"],
            ["130, 143", "ended by Ctrl-C, by SIGTERM"],
          ],
        },
      ],
    },
    {
      parts: [
        {
          text: "stderr says what happened, after error:, and what to try next, after hint:. With --json the code of the failure stands in the error object: m2mcp\u00a0help\u00a0json.",
        },
      ],
    },
  ],
  json: () => [
    {
      parts: [
        {
          text: "--json prints one JSON object to stdout: the result as the server sent it, its pages joined, or what went wrong. stderr stays for people.",
        },
      ],
    },
    {
      title: "Examples",
      parts: [
        {
          commands: [
            "m2mcp @svc tools-call add a=2 b=40 --json",
            "m2mcp @svc tools-list --jq '.tools[].name'",
          ],
        },
      ],
    },
    {
      title: "Failures",
      parts: [
        {
          rows: [
            ["error.code", "a number: the server's own, or -31000 less the exit code"],
            ["error.name", "what failed: a word for programs, the same in all versions"],
            ["error.message", "what happened, for people"],
            ["error.hint", "what to try next, where there is something"],
            ["error.data", "the data of the server's own error"],
            ["error.exitCode", "as in m2mcp\u00a0help\u00a0exit-codes"],
          ],
        },
      ],
    },
    {
      parts: [
        {
          text: "A tool that answers with isError keeps its result on stdout, and exits with 2. run, watch and logs --follow write an object a line. docs/json-output.schema.json, in the repository, has the shape of each command's.",
        },
      ],
    },
  ],
};

function credentials(): Section[] {
  return [
    {
      parts: [
        {
          text: "Who the client is, and how it gets a token. m2mcp login tries them and saves them, encrypted; given with another command and a URL, they serve that run alone. Each option has a variable, in [brackets]; the option wins.",
        },
      ],
    },
    {
      title: "Most often",
      parts: [
        {
          commands: [
            "m2mcp login mcp.example.com/mcp --client-id ID --client-secret-file PATH",
            "m2mcp login mcp.example.com/mcp --client-id ID --private-key key.pem",
            "M2MCP_CLIENT_ID=ID M2MCP_CLIENT_SECRET=SECRET m2mcp tools-list mcp.example.com/mcp",
          ],
        },
      ],
    },
    { title: "Options", parts: [{ rows: optionRowsWithVariables(CREDENTIAL_OPTIONS.filter(isOfClient)) }] },
    {
      title: "Tokens of others, and who vouches",
      parts: [
        {
          text: "--grant token-exchange gives a subject's token for one of the server's; --grant id-jag has a person's identity provider vouch for that person to the server.",
        },
        { rows: optionRowsWithVariables(CREDENTIAL_OPTIONS.filter((name) => !isOfClient(name))) },
      ],
    },
  ];
}

/** Whether an option is about the client, rather than about tokens of others that are exchanged. */
const isOfClient = (name: OptionName): boolean => !(name in GRANTS);

function environment(): Section[] {
  const own = OPTION_NAMES.filter(
    (name) =>
      variableOf(name) !== null &&
      ![...CREDENTIAL_OPTIONS, ...CONNECTION_OPTIONS, ...GENERAL_OPTIONS].includes(name),
  );
  const rows = (names: typeof OPTION_NAMES) =>
    names.flatMap((name) => {
      const variable = variableOf(name);
      return variable === null ? [] : [[variable, OPTIONS[name].about] as const];
    });
  return [
    {
      parts: [
        {
          text: "Each option has a variable: --client-id is M2MCP_CLIENT_ID. The option wins; empty counts as not set; switches are 1 or 0; what may be repeated has one value a line.",
        },
      ],
    },
    {
      title: "Besides",
      parts: [
        {
          rows: [
            ["M2MCP_HOME", "the folder of the store, in place of ~/.config/m2mcp or its like"],
            ["M2MCP_PASSPHRASE", "opens the store where its key comes from a passphrase"],
            ["M2MCP_NEW_PASSPHRASE", "the new one, for m2mcp store passphrase; else it is asked for"],
            [
              "NO_COLOR, CLICOLOR, FORCE_COLOR, CLICOLOR_FORCE",
              "whether there is colour, as --color says it",
            ],
            ["M2MCP_LOG", "off, or the file for the log of bridges"],
            ["HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY", "the proxy, and which servers go without it"],
            ["NODE_EXTRA_CA_CERTS", "a file with further certificate authorities, as --ca"],
            ["TRACEPARENT, TRACESTATE, BAGGAGE", "passed on to the server, for distributed tracing"],
          ],
        },
      ],
    },
    { title: "Options of all commands", parts: [{ rows: rows(GENERAL_OPTIONS) }] },
    { title: "Connection", parts: [{ rows: rows(CONNECTION_OPTIONS) }] },
    { title: "Credentials", parts: [{ rows: rows(CREDENTIAL_OPTIONS) }] },
    { title: "Of some commands", parts: [{ rows: rows(own) }] },
  ];
}
