// What one of several servers says, as the client gets it: what it names leads back to it.
import { isObject, type JsonObject } from "../../../json.ts";
import { asString, type Text } from "../../jsonrpc/bytes.ts";
import {
  exactParams,
  type NotificationMessage,
  notification,
  type RequestMessage,
  type RpcError,
  requestIdOf,
  request as requestMessage,
} from "../../jsonrpc/message.ts";
import { RELATED_TASK } from "../../protocol/meta.ts";
import { URL_REQUIRED } from "../../protocol/versions.ts";
import { marked, markedId, markedValue } from "./marks.ts";

/** Who says it, and the client's names for its URIs. */
export interface Speaker {
  server: string;
  uriFor(uri: string): string;
}

type Change = (value: unknown) => unknown;

/** An object with some members changed, where they are there; the same object where that changes nothing. */
function withChanges(object: JsonObject, changes: Readonly<Record<string, Change>>): JsonObject {
  let changed = object;
  for (const [key, change] of Object.entries(changes)) {
    if (!Object.hasOwn(object, key)) continue;
    const value = change(object[key]);
    if (value !== object[key]) changed = { ...changed, [key]: value };
  }
  return changed;
}

const within =
  (changes: Readonly<Record<string, Change>>): Change =>
  (value) =>
    isObject(value) ? withChanges(value, changes) : value;

const each =
  (change: Change): Change =>
  (value) => {
    if (!Array.isArray(value)) return value;
    const changed = value.map(change);
    return changed.every((item, at) => item === value[at]) ? value : changed;
  };

const markText =
  (server: string): Change =>
  (value) =>
    typeof value === "string" ? marked(server, value) : value;

/** A server's question or notification as the client gets it. */
export function messageForClient(
  message: NotificationMessage | RequestMessage,
  { server, uriFor }: Speaker,
): NotificationMessage | RequestMessage {
  const mark = markText(server);
  const given = exactParams(message);
  if (message.kind === "request") {
    const params = withChanges(given, {
      _meta: within({
        progressToken: (token) => markedValue(server, token),
        [RELATED_TASK]: within({ taskId: mark }),
      }),
      ...(message.method === "elicitation/create" ? question(server) : {}),
    });
    const { continuation } = message;
    const asked = requestMessage(markedId(server, message.id), message.method, params);
    return continuation ? { ...asked, continuation } : asked;
  }
  const params = withChanges(given, {
    _meta: within({ [RELATED_TASK]: within({ taskId: mark }) }),
    ...notified(message, server, uriFor),
  });
  return params === given ? message : notification(message.method, params);
}

function notified(
  message: NotificationMessage,
  server: string,
  uriFor: Speaker["uriFor"],
): Readonly<Record<string, Change>> {
  const { method } = message;
  switch (method) {
    case "notifications/cancelled": {
      const id = requestIdOf(message);
      return id === undefined ? {} : { requestId: () => marked(server, id) };
    }
    case "notifications/resources/updated":
      return { uri: (uri) => (typeof uri === "string" ? uriFor(uri) : uri) };
    case "notifications/elicitation/complete":
      return { elicitationId: markText(server) };
    default:
      return method.startsWith("notifications/tasks") ? { taskId: markText(server) } : {};
  }
}

/** A person who is asked sees which server asks (MCP 2025-11-25 "Elicitation", User Interaction Model). */
const asker = (server: string): Readonly<Record<string, Change>> => ({
  message: (value) => (typeof value === "string" ? `@${server}: ${value}` : value),
});

/** Visits to addresses bear ids (MCP 2025-11-25 "URL Mode Elicitation Requests"). */
const question = (server: string): Readonly<Record<string, Change>> => ({
  ...asker(server),
  elicitationId: markText(server),
});

/** The questions in a result, by the server's keys (MCP 2026-07-28 "Multi Round-Trip Requests"). */
const questions =
  (server: string): Change =>
  (value) =>
    within(
      Object.fromEntries(
        Object.entries(isObject(value) ? value : {}).map(([key, asked]) => [
          key,
          isObject(asked) && asked.method === "elicitation/create"
            ? within({ params: within(asker(server)) })
            : (same) => same,
        ]),
      ),
    )(value);

/** What a result may hold that concerns us; most hold nothing of it, and long ones are not read for it. */
const CONCERNS = /"(?:taskId|requestState|inputRequests|uri)"/;

export const mayConcern = (text: Text): boolean => CONCERNS.test(asString(text));

/** A server's result as the client gets it; the same object where nothing changes. */
export function resultForClient(result: JsonObject, { server, uriFor }: Speaker): JsonObject {
  const mark = markText(server);
  const uri: Change = (value) => (typeof value === "string" ? uriFor(value) : value);
  const content = within({ uri, resource: within({ uri }) });
  // A result of a tool's own may hold anything: what it calls a task is none of ours.
  const isTask = result.content === undefined;
  return withChanges(result, {
    requestState: mark,
    ...(isTask
      ? {
          inputRequests: questions(server),
          taskId: mark,
          task: within({ taskId: mark }),
          tasks: each(within({ taskId: mark })),
        }
      : {}),
    ...(isTask
      ? { result: (nested) => (isObject(nested) ? resultForClient(nested, { server, uriFor }) : nested) }
      : {}),
    _meta: within({ [RELATED_TASK]: within({ taskId: mark }) }),
    content: each(content),
    contents: each(within({ uri })),
    messages: each(within({ content })),
  });
}

/** A server's error: visits that it asks for bear ids of its own (MCP 2025-11-25 URLElicitationRequiredError). */
export function errorForClient(error: RpcError, { server }: Speaker): RpcError {
  if (error.code !== URL_REQUIRED) return error;
  return { ...error, data: within({ elicitations: each(within(question(server))) })(error.data) };
}
