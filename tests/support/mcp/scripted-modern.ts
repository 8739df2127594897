// A modern server that does discovery, subscriptions and the check of headers rightly, and lets the test answer the rest.
import {
  type Asked,
  event,
  refuse,
  reply,
  type Script,
  type Scripted,
  serveScript,
  stream,
} from "./scripted.ts";

export interface ModernServer extends Scripted {
  capabilities: object;
  /** What answers a method; a method without one gets an empty result. */
  methods: Record<string, (asked: Asked) => unknown>;
  /** Listen streams that are open, latest last. */
  listens: Asked[];
}

/** The answer to `server/discover`. */
export const discovered = (capabilities: object = {}, ...supportedVersions: string[]) => ({
  resultType: "complete",
  supportedVersions: supportedVersions.length > 0 ? supportedVersions : ["2026-07-28"],
  capabilities,
});

/** Answers a request with a result that is whole. */
export const complete = (asked: Asked, value: object = {}) =>
  reply(asked, { resultType: "complete", ...value });

/** A notification of a subscription. */
export const tagged = ({ id }: Asked, method: string, params: object = {}) => ({
  method,
  params: { ...params, _meta: { "io.modelcontextprotocol/subscriptionId": id } },
});

/** Says what of a subscription is honoured; all that was wanted unless given. */
export const acknowledge = (asked: Asked, notifications: object = asked.params?.notifications) =>
  event(asked.response, tagged(asked, "notifications/subscriptions/acknowledged", { notifications }));

/** @param server what is filled and read; its own unless given */
export async function startModernServer(server = {} as ModernServer): Promise<ModernServer> {
  const script: Script = (asked, response, request) => {
    if (asked.method === "" || request.headers["mcp-method"] !== asked.method)
      return refuse(asked, 400, { code: -32020, message: "header mismatch" });
    if (asked.id === undefined) return response.writeHead(202).end();
    return (server.methods[asked.method] ?? complete)(asked);
  };
  return Object.assign(server, await serveScript(script), {
    capabilities: {
      tools: { listChanged: true },
      resources: { subscribe: true, listChanged: true },
      logging: {},
    },
    listens: [],
    methods: {
      "server/discover": (asked) => reply(asked, discovered(server.capabilities)),
      "subscriptions/listen": (asked) => {
        stream(asked.response);
        server.listens.push(asked);
        asked.response.on("close", () => {
          server.listens = server.listens.filter((one) => one !== asked);
        });
        acknowledge(asked);
      },
    },
  } satisfies Partial<ModernServer>);
}
