/** The value below which the given part of all lies. */
export const quantile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN;

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** How long the work took, in ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

/** Each subject's values of one measure, taken in turns so that a slow moment of the machine meets all. */
export async function inTurns<Name extends string, Subject>(
  rounds: number,
  subjects: Record<Name, Subject>,
  measure: (subject: Subject, name: Name) => Promise<number>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(subjects) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < rounds; round++)
    for (const name of names) values[name].push(await measure(subjects[name], name));
  return values;
}

export const inMs = (value: number) => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
export const inMb = (value: number) => `${value.toFixed(0)} MB`;
