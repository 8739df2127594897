import { isObject, type JsonObject } from "../../json.ts";
import type { Ids } from "../jsonrpc/id.ts";
import {
  exactResult,
  type RequestMessage,
  type ResponseMessage,
  request as requestMessage,
  resultResponse,
} from "../jsonrpc/message.ts";
import type { Answer } from "../protocol/answer.ts";
import type { Endpoint, HeaderMap } from "../protocol/endpoint.ts";
import { nextPage } from "../protocol/pages.ts";
import { readHeaderMap } from "../protocol/param-headers.ts";

/** What is known of a server's tools: the header parameters of each (MCP 2026-07-28 "x-mcp-header"). */
export interface ToolCatalogue {
  /** Where a tool's arguments are mirrored; asks what other runs have learned, once. */
  headersOf(tool: string): Promise<HeaderMap>;
  /** Learns from a list of tools; gives it back without those that a client must not use. */
  take(list: ResponseMessage): ResponseMessage;
  /** Lists all tools, to learn headers that the server found missing. @param send one request */
  relearn(meta: unknown, send: (message: RequestMessage) => Promise<Answer>): Promise<void>;
}

/** @param ids for our own requests of the list */
export function createToolCatalogue({ cache, log }: Endpoint, ids: Ids): ToolCatalogue {
  let known: Promise<Map<string, HeaderMap>> | undefined;
  let writing: Promise<void> = Promise.resolve();
  const recall = () => {
    known ??= cache.read().then((memory) => new Map(Object.entries(memory?.toolHeaders ?? {})));
    return known;
  };

  /** In the background: nobody waits for what only later runs need. */
  async function learn(maps: ReadonlyMap<string, HeaderMap>): Promise<void> {
    const all = await recall();
    let changed = false;
    for (const [name, map] of maps) {
      if (JSON.stringify(all.get(name) ?? []) === JSON.stringify(map)) continue;
      all.set(name, map);
      changed = true;
    }
    if (!changed) return;
    const toolHeaders = Object.fromEntries([...all].filter(([, map]) => map.length > 0));
    await cache.change((old) => ({ ...old, toolHeaders }));
  }

  const catalogue: ToolCatalogue = {
    async headersOf(tool) {
      await writing;
      return (await recall()).get(tool) ?? [];
    },
    take(list) {
      const listed = list.result?.tools;
      if (!Array.isArray(listed)) return list;
      const { maps, isUsable } = sortTools(listed, log);
      writing = writing.then(() => learn(maps));
      if (list.id === null || isUsable.every(Boolean)) return list;
      const result = exactResult(list);
      const tools = (Array.isArray(result.tools) ? result.tools : listed).filter((_tool, at) => isUsable[at]);
      return resultResponse(list.id, { ...result, tools });
    },
    async relearn(meta, send) {
      let cursor: unknown;
      for (const pages = nextPage(); ; ) {
        const params: JsonObject = { ...(cursor === undefined ? {} : { cursor }), _meta: meta };
        const answer = await send(requestMessage(ids.next(), "tools/list", params));
        if (answer.kind === "refused" || !answer.message.result) return;
        catalogue.take(answer.message);
        cursor = pages(answer.message.result);
        if (cursor === undefined) break;
      }
      await writing;
    },
  };
  return catalogue;
}

/** Which tools a client may use, and the header map of each of them. */
function sortTools(tools: readonly unknown[], log: (line: string) => void) {
  const maps = new Map<string, HeaderMap>();
  const isUsable = tools.map((tool) => {
    if (!isObject(tool) || typeof tool.name !== "string") return true;
    const read = readHeaderMap(tool);
    if ("invalid" in read) {
      log(`warning: left out tool ${tool.name}: ${read.invalid}`);
      return false;
    }
    maps.set(tool.name, read.map);
    return true;
  });
  return { maps, isUsable };
}
