import { keepLatest } from "../../../keep-latest.ts";
import type { MergedContext } from "../context.ts";
import type { Own } from "../words/names.ts";
import { namedUri } from "../words/uris.ts";

/** URIs whose server is remembered; those that were learned longest ago are forgotten. */
const MOST_URIS = 20_000;
const RESOURCES = "resources/list";

/** The client's name for a server's URI: the same, unless another server has it too. */
export function uriFor(context: MergedContext, server: string, uri: string): string {
  const own: Own = { server, name: uri };
  // What it has subscribed to it hears of under the same.
  const subscribed = context.told.subscribed.get(keyOf(own));
  if (subscribed !== undefined) return subscribed;
  const listed = context.shared.catalogue.exposed(RESOURCES).nameOf(own);
  const known = context.told.uris.get(uri);
  // Told under this name before, it stays so.
  if (known?.server === server && known.name === uri) return uri;
  if (listed !== uri) return listed;
  if (
    known ||
    context.shared.catalogue.listed(RESOURCES).some((one) => one.server !== server && one.names.includes(uri))
  )
    return namedUri(own);
  rememberUri(context, uri, own);
  return uri;
}

export const rememberUri = ({ told }: MergedContext, uri: string, own: Own): void =>
  keepLatest(told.uris, uri, own, MOST_URIS);

const keyOf = ({ server, name }: Own) => `${server} ${name}`;

export const rememberSubscription = ({ told }: MergedContext, uri: string, own: Own): void =>
  keepLatest(told.subscribed, keyOf(own), uri, MOST_URIS);

/** It hears of it no more. */
export const forgetSubscription = ({ told }: MergedContext, own: Own): unknown =>
  told.subscribed.delete(keyOf(own));
