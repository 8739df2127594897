// What the client says, as the one server gets it that it is for: under the server's own names.
import { type JsonObject, objectOf } from "../../../json.ts";
import {
  exactParams,
  type NotificationMessage,
  notification,
  type RequestMessage,
  request as requestMessage,
} from "../../jsonrpc/message.ts";
import { RELATED_TASK } from "../../protocol/meta.ts";
import { unmarked, unmarkedValue } from "./marks.ts";

/** A request with some of its params changed; as it came where that changes nothing. */
export function withParams(message: RequestMessage, changes: JsonObject): RequestMessage {
  const isSame = Object.entries(changes).every(([key, value]) => message.params[key] === value);
  if (isSame) return message;
  return requestMessage(message.id, message.method, { ...exactParams(message), ...changes });
}

/** The server that a request leads back to by what it carries: a task of its, or the state of a round of questions. */
export function ledBack(
  { params, method }: RequestMessage,
  servers: readonly string[],
): { server: string; changes: JsonObject } | undefined {
  const state = unmarked(params.requestState, servers);
  if (state) return { server: state.server, changes: { requestState: state.text } };
  if (!method.startsWith("tasks/")) return undefined;
  const task = unmarked(params.taskId, servers);
  if (!task) return undefined;
  const meta = objectOf(params._meta);
  const related = unmarked(objectOf(meta[RELATED_TASK]).taskId, servers);
  const _meta = related && {
    ...meta,
    [RELATED_TASK]: { ...objectOf(meta[RELATED_TASK]), taskId: related.text },
  };
  return { server: task.server, changes: { taskId: task.text, ...(_meta ? { _meta } : {}) } };
}

/** The server that hears of the progress of what it asked for, with its own token; undefined for other notifications. */
export function progressFor(
  message: NotificationMessage,
  servers: readonly string[],
): { server: string; message: NotificationMessage } | undefined {
  if (message.method !== "notifications/progress") return undefined;
  const found = unmarkedValue(message.params.progressToken, servers);
  if (!found) return undefined;
  const params = { ...exactParams(message), progressToken: found.value };
  return { server: found.server, message: notification(message.method, params) };
}

/** A request for several servers at once, of whose progress nobody could be told. */
export function withoutProgress(message: RequestMessage): RequestMessage {
  const { progressToken, ...meta } = objectOf(message.params._meta);
  if (progressToken === undefined) return message;
  const { progressToken: _, ...exact } = objectOf(exactParams(message)._meta);
  const { _meta, ...params } = exactParams(message);
  return requestMessage(
    message.id,
    message.method,
    Object.keys(meta).length === 0 ? params : { ...params, _meta: exact },
  );
}
