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

export function rememberUri({ told: { uris } }: MergedContext, uri: string, own: Own): void {
  uris.delete(uri);
  uris.set(uri, own);
  const [oldest] = uris.keys();
  if (uris.size > MOST_URIS && oldest !== undefined) uris.delete(oldest);
}

const keyOf = ({ server, name }: Own) => `${server} ${name}`;

export function rememberSubscription({ told: { subscribed } }: MergedContext, uri: string, own: Own): void {
  subscribed.delete(keyOf(own));
  subscribed.set(keyOf(own), uri);
  const [oldest] = subscribed.keys();
  if (subscribed.size > MOST_URIS && oldest !== undefined) subscribed.delete(oldest);
}

/** It hears of it no more. */
export const forgetSubscription = ({ told }: MergedContext, own: Own): unknown =>
  told.subscribed.delete(keyOf(own));
