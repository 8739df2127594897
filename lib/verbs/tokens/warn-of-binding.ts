import type { Binding } from "../../auth/diagnosis/token-facts.ts";
import type { Command } from "../../command-line/command.ts";

const WORDS: Record<Binding, string> = {
  dpop: "this token is bound to a key that stays here (DPoP): whoever else sends it is refused; m2mcp bridge sends it with its proof",
  certificate:
    "this token may be bound to the client certificate: it is good over connections that show that one, and no others",
};

/** Says what a token cannot do where it is handed on. */
export function warnOfBinding({ output }: Command, boundTo: Binding | null): void {
  if (boundTo) output.warn(WORDS[boundTo]);
}
