import type { Command } from "../command-line/command.ts";
import { itemsOf } from "../hosts/listing.ts";
import type { Listed } from "../ui/lists/lists.ts";
import { withClient } from "./with-client.ts";

/** Lists one kind of thing: as JSON whole, its pages joined; for people as `shown` has it. */
export function listing(method: string, key: string, shown: Listed, none: string) {
  return async (command: Command): Promise<undefined> => {
    const { output } = command;
    let isFiltered = false;
    const result = await withClient(command, (client, _, { policies }) => {
      isFiltered = method === "tools/list" && policies.length > 0;
      return client.listing(method, key, { spelled: output.json });
    });
    output.data(result);
    const items = itemsOf(result, key);
    if (output.json) return;
    if (items.length > 0) output.show(shown(items, output.screen.out));
    else output.note(isFiltered ? `${none} that may be used` : none);
  };
}
