/** Something that one of several processes has at a time, for as long as it shows that it lives. */
export interface Claims {
  /**
   * Takes it where nobody has it, and shows that its owner lives where that is who asks. Never rejects.
   *
   * @param mark of who asks: one word, which no other process has
   * @param isHeld another has it, as far as who asks knows: a place where that was not agreed on cannot tell otherwise
   * @returns the mark of who has it now; undefined where there is no place to agree on it
   */
  claim(mark: string, isHeld?: boolean): Promise<string | undefined>;
  /** Gives it back, where it is ours. Never rejects. */
  release(mark: string): Promise<void>;
}
