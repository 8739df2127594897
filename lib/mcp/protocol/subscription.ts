import { type JsonObject, objectOf } from "../../json.ts";
import { type Id, idValue } from "../jsonrpc/id.ts";
import { type ResponseMessage, resultResponse } from "../jsonrpc/message.ts";
import { META_SUBSCRIPTION } from "./meta.ts";

/** A notification's params tagged with the subscription that it belongs to. */
export const tagged = (params: JsonObject, subscriptionId: Id): JsonObject => ({
  ...params,
  _meta: { ...objectOf(params._meta), [META_SUBSCRIPTION]: idValue(subscriptionId) },
});

/** The same without the tag. */
export function untagged(params: JsonObject): JsonObject {
  const { [META_SUBSCRIPTION]: _id, ...meta } = objectOf(params._meta);
  const { _meta, ...rest } = params;
  return Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta };
}

/** What a subscription asks for (MCP 2026-07-28 "Notification Filter"). */
export interface Filter {
  toolsListChanged?: boolean;
  promptsListChanged?: boolean;
  resourcesListChanged?: boolean;
  resourceSubscriptions?: string[];
}

/** Whether a subscription with this filter carries the notification. */
export function carries(filter: Filter, method: string, params: JsonObject): boolean {
  switch (method) {
    case "notifications/tools/list_changed":
      return filter.toolsListChanged === true;
    case "notifications/prompts/list_changed":
      return filter.promptsListChanged === true;
    case "notifications/resources/list_changed":
      return filter.resourcesListChanged === true;
    case "notifications/resources/updated":
      return filter.resourceSubscriptions?.some((uri) => isWithin(String(params.uri), uri)) ?? false;
    default:
      return false;
  }
}

/** Whether a resource is the one subscribed to, or below it in the hierarchy of their URIs (MCP `ResourceUpdatedNotification`). */
const isWithin = (uri: string, subscribed: string): boolean =>
  uri.startsWith(subscribed) &&
  (uri.length === subscribed.length ||
    /[/?#]$/.test(subscribed) ||
    /^[/?#]/.test(uri.slice(subscribed.length)));

/** A notification for each thing that a subscription with this filter may have missed. */
export const changesIn = (filter: Filter): { method: string; params: JsonObject }[] => [
  ...(filter.toolsListChanged ? [{ method: "notifications/tools/list_changed", params: {} }] : []),
  ...(filter.promptsListChanged ? [{ method: "notifications/prompts/list_changed", params: {} }] : []),
  ...(filter.resourcesListChanged ? [{ method: "notifications/resources/list_changed", params: {} }] : []),
  ...(filter.resourceSubscriptions ?? []).map((uri) => ({
    method: "notifications/resources/updated",
    params: { uri },
  })),
];

/** The part of a filter that a server with these capabilities can honour. */
export function offered(filter: Filter, capabilities: unknown): Filter {
  const changes = listChanges(capabilities);
  const subscribes = objectOf(objectOf(capabilities).resources).subscribe === true;
  return {
    ...(filter.toolsListChanged && changes.toolsListChanged ? { toolsListChanged: true } : {}),
    ...(filter.promptsListChanged && changes.promptsListChanged ? { promptsListChanged: true } : {}),
    ...(filter.resourcesListChanged && changes.resourcesListChanged ? { resourcesListChanged: true } : {}),
    ...(filter.resourceSubscriptions && subscribes
      ? { resourceSubscriptions: filter.resourceSubscriptions }
      : {}),
  };
}

/** The list changes that a server with these capabilities can tell of. */
export function listChanges(capabilities: unknown): Filter {
  const offers = (feature: string) => objectOf(objectOf(capabilities)[feature]).listChanged === true;
  return {
    ...(offers("tools") ? { toolsListChanged: true } : {}),
    ...(offers("prompts") ? { promptsListChanged: true } : {}),
    ...(offers("resources") ? { resourcesListChanged: true } : {}),
  };
}

export const LISTEN = "subscriptions/listen";
export const ACKNOWLEDGED = "notifications/subscriptions/acknowledged";

/** The answer that ends a subscription (MCP 2026-07-28 "Subscriptions"). */
export const subscriptionEnd = (id: Id): ResponseMessage =>
  resultResponse(id, { resultType: "complete", _meta: { [META_SUBSCRIPTION]: idValue(id) } });
