// A modern server with the Tasks extension (`io.modelcontextprotocol/tasks`), by its specification: what the SDK lacks.
import { refuse, says } from "./scripted.ts";
import { complete, startModernServer } from "./scripted-modern.ts";

const EXTENSION = "io.modelcontextprotocol/tasks";
const MISSING = {
  code: -32021,
  message: "Missing required client capability",
  data: { requiredCapabilities: { extensions: { [EXTENSION]: {} } } },
};
const FORM = {
  mode: "form",
  message: "Your name?",
  requestedSchema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
};

interface Kept {
  polls: number;
  cancelled?: true;
  name?: string;
}

/**
 * Each tool becomes a task: `work` is done at the third question, `ask` wants a name first, `fail` ends with an error,
 * `bad` with a result that is one, `forever` with nothing.
 */
export async function startTasksServer() {
  const server = await startModernServer();
  const tasks = new Map<string, Kept & { tool: string }>();
  const polledAtMs: number[] = [];
  const shape = (taskId: string, status: string) => ({
    taskId,
    status,
    createdAt: "2026-01-01T00:00:00Z",
    lastUpdatedAt: "2026-01-01T00:00:00Z",
    ttlMs: 60_000,
    pollIntervalMs: 60,
  });
  const declares = (meta: Record<string, { extensions?: object }> = {}) =>
    EXTENSION in (meta["io.modelcontextprotocol/clientCapabilities"]?.extensions ?? {});

  function state(taskId: string, kept: Kept & { tool: string }) {
    if (kept.cancelled) return shape(taskId, "cancelled");
    if (kept.tool === "ask" && kept.name === undefined && kept.polls > 1)
      return {
        ...shape(taskId, "input_required"),
        inputRequests: { who: { method: "elicitation/create", params: FORM } },
      };
    if (kept.polls < 3 || kept.tool === "forever")
      return { ...shape(taskId, "working"), statusMessage: `round ${kept.polls}` };
    if (kept.tool === "fail")
      return { ...shape(taskId, "failed"), error: { code: -32603, message: "it broke" } };
    if (kept.tool === "bad")
      return { ...shape(taskId, "completed"), result: { ...says("went wrong"), isError: true } };
    return { ...shape(taskId, "completed"), result: says(kept.name ? `hello ${kept.name}` : "worked") };
  }

  Object.assign(server.capabilities, { extensions: { [EXTENSION]: {} } });
  Object.assign(server.methods, {
    "tools/call": (asked) => {
      if ("task" in (asked.params ?? {}))
        return refuse(asked, 400, { code: -32602, message: "no such param: task" });
      if (!declares(asked.params?._meta)) return refuse(asked, 400, MISSING);
      const taskId = `task-${tasks.size + 1}`;
      tasks.set(taskId, { tool: asked.params?.name, polls: 0 });
      complete(asked, { ...shape(taskId, "working"), resultType: "task" });
    },
    "tasks/get": (asked) => {
      const { taskId } = asked.params ?? {};
      const kept = tasks.get(taskId);
      if (!declares(asked.params?._meta)) return refuse(asked, 400, MISSING);
      if (asked.request.headers["mcp-name"] !== taskId)
        return refuse(asked, 400, { code: -32020, message: "Mcp-Name is not the task" });
      if (!kept)
        return refuse(asked, 200, { code: -32602, message: "Failed to retrieve task: Task not found" });
      polledAtMs.push(performance.now());
      kept.polls++;
      complete(asked, state(taskId, kept));
    },
    "tasks/update": (asked) => {
      const { taskId, inputResponses } = asked.params ?? {};
      const kept = tasks.get(taskId);
      if (kept && inputResponses.who)
        kept.name = inputResponses.who.content?.name ?? inputResponses.who.action;
      complete(asked);
    },
    "tasks/cancel": (asked) => {
      const kept = tasks.get(asked.params?.taskId);
      if (kept) kept.cancelled = true;
      complete(asked);
    },
    "tasks/list": (asked) => refuse(asked, 404, { code: -32601, message: "Method not found" }),
    "tools/list": (asked) =>
      complete(asked, {
        tools: ["work", "ask", "fail", "bad", "forever"].map((name) => ({
          name,
          inputSchema: { type: "object" },
        })),
      }),
  } satisfies typeof server.methods);
  return Object.assign(server, { tasks, polledAtMs });
}
