import { isObject, jsonIn } from "../../json.ts";

/** Members in which servers put the address. */
const MEMBERS = ["uri", "url", "endpoint", "path"];

/**
 * The address in the data of an `endpoint` event (MCP 2024-11-05 "HTTP with SSE"): plain, as JSON, or with its scheme
 * percent-encoded, as some servers write it. Undefined where the data is a message or something else.
 */
export function endpointIn(data: string): string | undefined {
  const text = data.trim();
  const address = /^["{]/.test(text) ? fromJson(text) : text;
  if (!address) return undefined;
  return /^https?%3a/i.test(address) ? decoded(address) : address;
}

function fromJson(text: string): string | undefined {
  const value = jsonIn(text);
  if (typeof value === "string") return value.trim();
  if (!isObject(value) || "jsonrpc" in value) return undefined;
  const found = MEMBERS.map((name) => value[name]).find((one) => typeof one === "string");
  return typeof found === "string" ? found.trim() : undefined;
}

function decoded(address: string): string {
  try {
    return decodeURIComponent(address);
  } catch {
    return address;
  }
}
