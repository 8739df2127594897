import type { Options } from "../../command-line/option-values.ts";
import { keptPolicy } from "../policy/tool-policy.ts";
import { prefixRule } from "../several/prefix-rule.ts";

/**
 * The options that narrow what a host's model may use, as arguments of its `bridge`.
 *
 * @throws M2mcpError (exit 1) on an empty pattern or an unknown --prefix
 */
export function guardArguments(options: Options): string[] {
  const { allow = [], deny = [], readOnly, pin } = keptPolicy(options).tools ?? {};
  return [
    ...allow.map((pattern) => `--allow-tool=${pattern}`),
    ...deny.map((pattern) => `--deny-tool=${pattern}`),
    ...(readOnly ? ["--read-only"] : []),
    ...(pin ? ["--pin"] : []),
    ...(options.value("prefix") === undefined ? [] : [`--prefix=${prefixRule(options)}`]),
  ];
}
