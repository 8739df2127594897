import { GENERAL_OPTIONS } from "../options.ts";
import { OWN_NAME, SPEAKING, type VerbSpec } from "./verb-spec.ts";

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
    name: "doctor",
    group: "look inside",
    arguments: "<target>",
    about: "Walk through discovery, metadata, grant and a first call, and say what is wrong",
    options: SPEAKING,
    examples: [`m2mcp doctor ${OWN_NAME}`, "m2mcp doctor https://mcp.example.com/mcp --json"],
    load: () => import("../../verbs/server/doctor.ts"),
  },
  {
    name: "status",
    group: "look inside",
    arguments: "[target]",
    about: "Show the bridges that run: who started them, what they did, their last error",
    options: GENERAL_OPTIONS,
    examples: ["m2mcp status", "m2mcp status --json"],
    load: () => import("../../verbs/activity/status.ts"),
  },
  {
    name: "logs",
    group: "look inside",
    arguments: "[target]",
    about: "Show what bridges wrote down: errors and how sessions went, nothing secret",
    options: ["follow", "lines", ...GENERAL_OPTIONS],
    examples: ["m2mcp logs", `m2mcp logs ${OWN_NAME} --follow`],
    load: () => import("../../verbs/activity/logs.ts"),
  },
];
