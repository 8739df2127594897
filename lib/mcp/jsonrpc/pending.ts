import type { Id } from "./id.ts";

/** Requests under way, by id: each is settled once, whoever comes first with its answer. */
export class Pending<T> {
  readonly #open = new Map<Id, T>();
  #waiting: (() => void)[] = [];

  /** A request begins. False when its id is that of one under way, which must stay the only one. */
  add(id: Id, value: T): boolean {
    if (this.#open.has(id)) return false;
    this.#open.set(id, value);
    return true;
  }

  get(id: Id): T | undefined {
    return this.#open.get(id);
  }

  has(id: Id): boolean {
    return this.#open.has(id);
  }

  /** Takes the request out: undefined when it was settled before, or never began. */
  settle(id: Id): T | undefined {
    const value = this.#open.get(id);
    if (!this.#open.delete(id)) return undefined;
    if (this.#open.size === 0) {
      for (const resolve of this.#waiting) resolve();
      this.#waiting = [];
    }
    return value;
  }

  get size(): number {
    return this.#open.size;
  }

  entries(): [Id, T][] {
    return [...this.#open];
  }

  values(): T[] {
    return [...this.#open.values()];
  }

  /** Resolves once nothing is under way, at once or later. */
  empty(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }
}
