import type { JsonObject } from "../../../json.ts";
import { createIds } from "../../../mcp/jsonrpc/id.ts";
import { type RequestMessage, request as requestMessage } from "../../../mcp/jsonrpc/message.ts";

/** What a legacy client has set for its session. */
export interface Settings {
  level?: string;
  /** The resources that it is subscribed to, in the order of that. */
  uris: readonly string[];
}

/** The same as it changes. */
export interface KeptSettings {
  /** Notes a request where it is a setting, or the end of one. */
  note(request: RequestMessage): void;
  /** As requests that set all of it, under ids of our own. */
  all(): RequestMessage[];
  now(): Settings;
  /** Takes what was set at another process. @returns the requests that lead there */
  take(settings: Settings): RequestMessage[];
}

const ids = createIds();
const ask = (method: string, params: JsonObject) => requestMessage(ids.next(), method, params);
const setLevel = (level: string | undefined) =>
  level === undefined ? [] : [ask("logging/setLevel", { level })];
const subscribe = (uri: string) => ask("resources/subscribe", { uri });

/** @param given what was set elsewhere by now */
export function createSettings(given: Settings = { uris: [] }): KeptSettings {
  let settings = given;
  return {
    note({ method, params: { level, uri } }) {
      const others = settings.uris.filter((one) => one !== uri);
      if (method === "logging/setLevel") settings = { ...settings, level: String(level) };
      else if (method === "resources/subscribe") settings = { ...settings, uris: [...others, String(uri)] };
      else if (method === "resources/unsubscribe") settings = { ...settings, uris: others };
    },
    all: () => [...setLevel(settings.level), ...settings.uris.map(subscribe)],
    now: () => settings,
    take(wanted) {
      const { level, uris } = settings;
      settings = wanted;
      return [
        ...(wanted.level === level ? [] : setLevel(wanted.level)),
        ...wanted.uris.filter((uri) => !uris.includes(uri)).map(subscribe),
        ...uris
          .filter((uri) => !wanted.uris.includes(uri))
          .map((uri) => ask("resources/unsubscribe", { uri })),
      ];
    },
  };
}
