import { M2mcpError } from "../../../lib/failure.ts";

/** The failure that work ends in. */
export async function failureOf(work: Promise<unknown>): Promise<M2mcpError> {
  const error = await work.catch((thrown: unknown) => thrown);
  if (error instanceof M2mcpError) return error;
  throw new Error(`expected a failure of ours, got ${String(error)}`);
}
