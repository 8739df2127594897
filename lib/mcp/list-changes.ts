import { isObject } from "../json.ts";
import { type NotificationMessage, notification } from "./messages.ts";

/** The changes of lists that a server with these capabilities tells of: what to say where they may have changed. */
export const listChanges = (capabilities: unknown): NotificationMessage[] =>
  ["tools", "prompts", "resources"]
    .filter((feature) => {
      const offered = isObject(capabilities) ? capabilities[feature] : undefined;
      return isObject(offered) && offered.listChanged === true;
    })
    .map((feature) => notification(`notifications/${feature}/list_changed`));
