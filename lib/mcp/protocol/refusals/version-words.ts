// In which words servers refuse a version of the protocol, and name those that they speak.
import type { RpcError } from "../../jsonrpc/message.ts";
import { supportedVersions } from "../answer.ts";

/** A date that names a version of the protocol. */
const VERSION = /\b20\d\d-\d\d-\d\d\b/g;
const NAMES_VERSION = /protocol.{0,3}version|\b(?:unsupported|unknown|invalid|bad|wrong) version\b/i;
/** Longest words looked at, in characters. */
const MAX_WORDS = 1000;

/** Whether a refusal is about the version. */
export const namesVersion = (said: string): boolean => NAMES_VERSION.test(said.slice(0, MAX_WORDS));

/**
 * The versions that a refusal of `requested` names: in `data.supported` (MCP 2026-07-28 UnsupportedProtocolVersionError),
 * in other members that servers use, or in its words.
 */
export function versionsNamed(
  { error, words = "" }: { error?: RpcError; words?: string },
  requested: string,
): string[] {
  const formal = error ? supportedVersions(error) : [];
  if (formal.length > 0) return formal;
  const data = error?.data === undefined ? "" : JSON.stringify(error.data).slice(0, MAX_WORDS);
  const said = `${(error?.message ?? words).slice(0, MAX_WORDS)} ${data}`;
  return [...new Set(said.match(VERSION) ?? [])].filter((version) => version !== requested);
}
