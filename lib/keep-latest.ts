/** Keeps a value as the latest of a map, which forgets the oldest beyond `most`. */
export function keepLatest<Key, Value>(all: Map<Key, Value>, key: Key, value: Value, most: number): void {
  all.delete(key);
  all.set(key, value);
  const [oldest] = all.keys();
  if (all.size > most && oldest !== undefined) all.delete(oldest);
}

/** Adds to a set, which forgets what came first beyond `most`. */
export function addLatest<Value>(all: Set<Value>, value: Value, most: number): void {
  all.add(value);
  const [oldest] = all;
  if (all.size > most && oldest !== undefined) all.delete(oldest);
}
