/** What is called once nothing new is to come; what is added after that, at once. */
export class Endings extends Set<() => void> {
  #isOver = false;

  override add(end: () => void): this {
    if (this.#isOver) end();
    return super.add(end);
  }

  /** Nothing new is to come. */
  begin(): void {
    this.#isOver = true;
    for (const end of [...this]) end();
  }
}
