/** A server asks for input, and nobody is there to give it. */
export class InputNeeded extends Error {
  /** What it asks for. */
  readonly methods: readonly string[];
  constructor(methods: readonly string[]) {
    super("input needed");
    this.methods = methods;
  }
}
