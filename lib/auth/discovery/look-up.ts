import { M2mcpError } from "../../failure.ts";
import { isObject, type JsonObject } from "../../json.ts";
import type { AuthDeps } from "../deps.ts";
import { metadataRedirects } from "../errors.ts";
import { exchange } from "../exchange.ts";
import { requireSecure } from "./url.ts";

/** What discovery needs from outside. */
export type DiscoveryDeps = Pick<AuthDeps, "fetch" | "timeoutMs" | "log" | "now" | "allowHttp" | "signal">;

/** A text of metadata; what holds control characters is no identifier, and could steer a terminal. */
export const identifier = (value: unknown): string | undefined =>
  typeof value === "string" && /^[^\p{Cc}]+$/u.test(value) ? value : undefined;

/** The identifiers of a list. */
export const identifiers = (value: unknown): string[] | undefined =>
  Array.isArray(value) ? value.map(identifier).filter((one) => one !== undefined) : undefined;

/**
 * Looks for a metadata document; a place that redirects holds none, and is named when there is no other.
 * @throws M2mcpError redirect, insecure_url, network failures, and what `use` throws
 */
export async function lookUp<T>(
  deps: DiscoveryDeps,
  places: string[],
  what: string,
  use: (status: number, json: JsonObject) => T | undefined,
): Promise<T | undefined> {
  let redirect: string | undefined;
  for (const url of places) {
    requireSecure(url, what, deps.allowHttp);
    try {
      const { status, json } = await exchange(deps, url, {
        method: "GET",
        headers: { accept: "application/json" },
      });
      const found = use(status, isObject(json) ? json : {});
      if (found !== undefined) return found;
    } catch (error) {
      if (!(error instanceof M2mcpError) || error.code !== "redirect") throw error;
      redirect ??= url;
    }
  }
  if (redirect !== undefined) throw metadataRedirects(redirect);
  return undefined;
}
