import { missingPassphrase, typedPassphrase, wrongPassphrase } from "../errors.ts";
import type { StorePaths } from "../paths.ts";
import { unwrapKey, type WrappedKey } from "./wrapped-key.ts";

/** What a person is asked for: the passphrase, the same after a wrong one, a new one, the new one once more. */
export type PassphraseQuestion = "open" | "again" | "new" | "repeat";

/** Who may know the passphrase. */
export interface PassphraseHolder {
  /** Whether somebody can be asked. */
  isThere(): boolean;
  /** Null without an answer. */
  ask(question: PassphraseQuestion): Promise<string | null>;
}

/** The passphrase of a store: M2MCP_PASSPHRASE, else what a person types, once for this process. */
export interface Passphrase {
  /** The one that is known already. */
  known(): string | undefined;
  /** @throws M2mcpError missing_passphrase, wrong_passphrase */
  unwrap(wrapped: WrappedKey): Promise<Uint8Array>;
  /**
   * One for a new store, typed twice.
   *
   * @throws M2mcpError missing_passphrase, usage where the two differ
   */
  fresh(): Promise<string>;
}

/** Wrong ones that are typed before that is an error. */
const MOST_TRIES = 3;

/** @param given of the environment: a wrong one is not asked for again */
export function createPassphrase(
  { folder, description }: StorePaths,
  given: string | undefined,
  holder: PassphraseHolder | undefined,
): Passphrase {
  let known = given;
  async function typed(question: PassphraseQuestion): Promise<string> {
    const answer = holder?.isThere() ? await holder.ask(question) : null;
    if (!answer) throw missingPassphrase(folder);
    return answer;
  }
  return {
    known: () => known,

    async unwrap(wrapped) {
      if (known !== undefined) {
        const key = await unwrapKey(known, wrapped);
        if (!key) throw wrongPassphrase(description, known === given ? "in M2MCP_PASSPHRASE" : "typed");
        return key;
      }
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const answer = await typed(tries === 0 ? "open" : "again");
        const key = await unwrapKey(answer, wrapped);
        if (!key) continue;
        known = answer;
        return key;
      }
      throw wrongPassphrase(description, "typed");
    },

    async fresh() {
      if (known !== undefined) return known;
      const answer = await typed("new");
      if ((await typed("repeat")) !== answer) throw typedPassphrase();
      known = answer;
      return known;
    },
  };
}
