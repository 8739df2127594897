// A server of 2026-07-28 only with everything (official SDK 2.x) on loopback.
import { createServer } from "node:http";
import { toNodeHandler } from "@modelcontextprotocol/node";
import {
  createMcpHandler,
  inputRequired,
  inputResponse,
  ProtocolError,
  ResourceNotFoundError,
  Server,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import { close, listen } from "../net/listen.ts";
import { sleep } from "../waiting.ts";
import {
  CAPABILITIES,
  completions,
  createSeen,
  FORM,
  type FullServer,
  INFO,
  INSTRUCTIONS,
  LEVELS,
  PROMPTS,
  page,
  RESOURCES,
  SAMPLING,
  type Seen,
  TEMPLATES,
  TOOLS,
  text,
  VISIT,
} from "./full-server.ts";

type Notifier = ReturnType<typeof createMcpHandler>["notify"];

export interface FullModernServer extends FullServer {
  /** Ends all connections, as a proxy does that has had enough. */
  cut(): void;
  notify: Notifier;
}

const numbers = {
  name: "numbers",
  description: "Does numbers",
  inputSchema: { type: "object" as const, properties: {} },
  outputSchema: { type: "array", items: { $ref: "#/$defs/n" }, $defs: { n: { type: "number" } } },
};
/** One tool more than the legacy server, whose structured output is no object. */
const MODERN_TOOLS = [...TOOLS, numbers];

export async function startFullModernServer(
  legacy: "reject" | "stateless" = "reject",
): Promise<FullModernServer> {
  const seen = createSeen();
  const handler = createMcpHandler(() => createFullServer(seen, () => handler.notify), { legacy });
  const node = toNodeHandler(handler);
  const http = createServer((request, response) => {
    seen.requests.push(`${request.method} ${request.headers["mcp-method"] ?? ""}`.trim());
    void node(
      Object.assign(request, { method: request.method ?? "POST", url: request.url ?? "/" }),
      response,
    );
  });
  const url = `http://127.0.0.1:${await listen(http)}/mcp`;
  return {
    url,
    seen,
    notify: handler.notify,
    cut: () => http.closeAllConnections(),
    stop: () => close(http),
  };
}

function createFullServer(seen: Seen, notifier: () => Notifier): Server {
  const server = new Server(INFO, {
    capabilities: CAPABILITIES,
    instructions: INSTRUCTIONS,
  });
  server.setRequestHandler("tools/list", ({ params }) => {
    const { items, ...more } = page(MODERN_TOOLS, params?.cursor);
    return { tools: items, ...more } as never;
  });
  server.setRequestHandler("resources/list", () => ({ resources: RESOURCES }));
  server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates: TEMPLATES }));
  server.setRequestHandler("resources/read", ({ params: { uri } }, { mcpReq }) => {
    if (uri === "memo://asked") {
      const answer = inputResponse(mcpReq.inputResponses, "who");
      if (answer.kind !== "elicit")
        return inputRequired({ inputRequests: { who: inputRequired.elicit(FORM) } });
      return { contents: [{ uri, text: String(answer.content?.name) }] };
    }
    if (!RESOURCES.some((resource) => resource.uri === uri)) throw new ResourceNotFoundError(uri);
    return { contents: [{ uri, mimeType: "text/plain", text: `text of ${uri}` }] };
  });
  server.setRequestHandler("prompts/list", () => ({ prompts: PROMPTS }));
  server.setRequestHandler("prompts/get", ({ params }, { mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, "who");
    if (params.name === "ask" && answer.kind !== "elicit")
      return inputRequired({ inputRequests: { who: inputRequired.elicit(FORM) } });
    const name = answer.kind === "elicit" ? answer.content?.name : params.arguments?.name;
    return {
      messages: [{ role: "user" as const, content: { type: "text" as const, text: `Greet ${name}` } }],
    };
  });
  server.setRequestHandler("completion/complete", ({ params }) => ({
    completion: { values: completions(params.argument.value), total: 3 },
  }));
  const anything = z.looseObject({});
  server.setRequestHandler("example.com/echo", { params: anything, result: anything }, (params) => ({
    got: params,
  }));
  server.fallbackNotificationHandler = async ({ method, params }) => {
    seen.notifications.push({ method, params });
  };

  server.setRequestHandler("tools/call", async ({ params }, context) => {
    const { mcpReq } = context;
    const args: Record<string, unknown> = params.arguments ?? {};
    const meta: Record<string, unknown> = mcpReq._meta ?? {};
    const { inputResponses } = mcpReq;
    const state = mcpReq.requestState<string>();
    seen.meta = meta;
    const token = mcpReq._meta?.progressToken;
    const progress = async (at: number, message?: string) => {
      if (token === undefined) return;
      const said = { progressToken: token, progress: at, ...(message ? { total: 3, message } : {}) };
      await mcpReq.notify({ method: "notifications/progress", params: said });
    };
    const nameIn = (key: string) => {
      const answer = inputResponse(inputResponses, key);
      return answer.kind === "elicit" ? answer : undefined;
    };
    switch (params.name) {
      case "echo":
        return text(String(args.text));
      case "sum":
        return { ...text("sum"), structuredContent: { sum: Number(args.a) + Number(args.b) } };
      case "numbers":
        return { ...text("1 2"), structuredContent: [1, 2] };
      case "fail":
        return { ...text("it went wrong"), isError: true };
      case "explode":
        throw new ProtocolError(-31234, "boom", { why: ["because"] });
      case "extra":
        return {
          ...text("extra"),
          "example.com/member": { deep: [1] },
          _meta: { "example.com/trace": "t-1" },
        };
      case "slow": {
        mcpReq.signal.addEventListener("abort", () => seen.cancelled++);
        const ms = Number(args.ms);
        for (let step = 1; step <= 3 && !mcpReq.signal.aborted; step++) {
          await sleep(ms / 4);
          await progress(step, `step ${step}`);
        }
        await sleep(ms / 4);
        return text("done");
      }
      case "log":
        for (const one of LEVELS) await mcpReq.log(one, { said: one }, "full");
        await sleep(50);
        return text("logged");
      case "ask":
      case "ask-slowly": {
        const answer = nameIn("who");
        if (params.name === "ask-slowly") await progress(answer ? 2 : 1);
        if (!answer) return inputRequired({ inputRequests: { who: inputRequired.elicit(FORM) } });
        seen.answers = [answer];
        await sleep(50);
        return text(`${answer.action} ${answer.content?.name ?? ""}`.trim());
      }
      case "ask-url":
      case "need-url": {
        const answer = nameIn("visit");
        if (!answer) return inputRequired({ inputRequests: { visit: inputRequired.elicitUrl(VISIT) } });
        seen.answers = [answer];
        return text(params.name === "ask-url" ? answer.action : "let in");
      }
      case "sample": {
        const answer = inputResponse(inputResponses, "model");
        if (answer.kind !== "sampling")
          return inputRequired({ inputRequests: { model: inputRequired.createMessage(SAMPLING) } });
        seen.answers = [answer.result];
        return text(JSON.stringify(answer.result.content));
      }
      case "roots": {
        const answer = inputResponse(inputResponses, "roots");
        if (answer.kind !== "roots")
          return inputRequired({ inputRequests: { roots: inputRequired.listRoots() } });
        return text(answer.roots.map(({ uri }) => uri).join(" "));
      }
      case "ask-both": {
        const name = nameIn("who");
        const found = inputResponse(inputResponses, "where");
        if (!name || found.kind !== "roots")
          return inputRequired({
            inputRequests: { who: inputRequired.elicit(FORM), where: inputRequired.listRoots() },
          });
        return text(`${name.content?.name} ${found.roots.map(({ uri }) => uri).join(" ")}`);
      }
      case "ask-thrice": {
        // The state is hard to carry exactly: spaces, quotes, what is not ASCII, and the names so far.
        if (state !== undefined) seen.states.push(state);
        const [names = "", salt] = state?.split("|") ?? [];
        const answer = nameIn("who");
        if (state !== undefined && salt !== ` "ünï" \\u0000\n${names.length} `)
          throw new ProtocolError(-31235, "the state is not exact");
        const all = [
          ...names.split(" ").filter((name) => name !== ""),
          ...(answer ? [String(answer.content?.name)] : []),
        ];
        if (all.length === 3) return text(all.join(" "));
        const kept = all.join(" ");
        return inputRequired({
          inputRequests: { who: inputRequired.elicit(FORM) },
          requestState: `${kept}| "ünï" \\u0000\n${kept.length} `,
        });
      }
      case "touch":
        notifier().resourceUpdated(String(args.uri));
        return text("touched");
      case "change":
        if (args.what === "tools") notifier().toolsChanged();
        else if (args.what === "prompts") notifier().promptsChanged();
        else notifier().resourcesChanged();
        return text("changed");
      case "pong":
        await mcpReq.notify({ method: "example.com/pong", params: { n: 1 } });
        await sleep(50);
        return text("ponged");
      case "ping-back":
        return text("alive");
      default:
        throw new ProtocolError(-32602, `Unknown tool ${params.name}`);
    }
  });
  return server;
}
