import type { Asker } from "../../ui/ask.ts";

/** Whether a person agrees to changes, one by one. */
export interface Consent {
  /** To the change that was shown last. @param title of the host */
  to(title: string): Promise<boolean>;
  /** No more is wanted. */
  isOver(): boolean;
}

/**
 * Asks for each change: yes, no, all of the rest, none of the rest. An end of input is no.
 *
 * @param count of changes there are
 */
export function createConsent(asker: Asker | undefined, count: number): Consent {
  let forAll: boolean | undefined;
  return {
    isOver: () => forAll === false,
    async to(title) {
      if (forAll !== undefined) return forAll;
      const question = `change the file of ${title}?`;
      if (count === 1) return (await asker?.yes(question, false)) === true;
      const answer = (await asker?.line(`${question} [y]es, [N]o, [a]ll, [q]uit`))?.toLowerCase() ?? "q";
      if (answer === "a" || answer === "all") forAll = true;
      if (answer === "q" || answer === "quit") forAll = false;
      return forAll ?? (answer === "y" || answer === "yes");
    },
  };
}
