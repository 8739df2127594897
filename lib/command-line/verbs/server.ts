import { CONNECTION_OPTIONS, GENERAL_OPTIONS } from "../options.ts";
import { OWN_NAME, SPEAKING, type VerbSpec, WORKING } from "./verb-spec.ts";

export const SERVER: readonly VerbSpec[] = [
  {
    name: "show",
    group: "use",
    arguments: "<target>",
    about: "Show a server's name, version, capabilities and instructions",
    options: SPEAKING,
    examples: [`m2mcp ${OWN_NAME}`, `m2mcp ${OWN_NAME} show --json`],
    load: () => import("../../verbs/server/show.ts"),
  },
  {
    name: "request",
    group: "use",
    arguments: "<target> <method> [...params]",
    about: "Send any request as it is, and print its result as JSON",
    options: WORKING,
    examples: [
      `m2mcp ${OWN_NAME} request tools/list`,
      `m2mcp ${OWN_NAME} request resources/read '{"uri":"file:///logo.png"}'`,
      `m2mcp ${OWN_NAME} request prompts/get name=review arguments:='{"language":"Go"}'`,
    ],
    load: () => import("../../verbs/server/request.ts"),
  },
  {
    name: "bridge",
    group: "hosts",
    arguments: "<target>",
    about: "Pipe JSON-RPC between stdin, stdout and the server, for MCP hosts",
    options: SPEAKING,
    examples: [
      `m2mcp bridge ${OWN_NAME}`,
      "M2MCP_CLIENT_ID=ID M2MCP_CLIENT_SECRET=SECRET m2mcp https://mcp.example.com/mcp",
    ],
    load: () => import("../../verbs/server/bridge.ts"),
  },
  {
    name: "ping",
    group: "look inside",
    arguments: "<target>",
    about: "Ask the server for a sign of life and say how long it took",
    options: SPEAKING,
    examples: [`m2mcp ${OWN_NAME} ping`],
    load: () => import("../../verbs/server/ping.ts"),
  },
  {
    name: "discover",
    group: "look inside",
    arguments: "<server|@name>",
    about: "Show what a server is before any login: protocol, authorization, who issues tokens and how",
    options: [...CONNECTION_OPTIONS, ...GENERAL_OPTIONS],
    examples: ["m2mcp discover mcp.example.com/mcp", "m2mcp discover mcp.example.com/mcp --json"],
    load: () => import("../../verbs/server/discover.ts"),
  },
  {
    name: "doctor",
    group: "look inside",
    arguments: "<target>",
    about: "Walk through discovery, metadata, grant and a first call, and say what is wrong",
    options: SPEAKING,
    examples: [`m2mcp doctor ${OWN_NAME}`, "m2mcp doctor https://mcp.example.com/mcp --json"],
    load: () => import("../../verbs/server/doctor.ts"),
  },
];
