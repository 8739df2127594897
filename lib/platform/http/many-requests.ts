import { startAgain } from "../hidden-arguments.ts";

/** How many requests Bun sends at once is set by a variable that it reads at its start; 256 unless given. */
const VARIABLE = "BUN_CONFIG_MAX_HTTP_REQUESTS";

/**
 * Lets this process have so many requests under way at once: the executable is started once more in the same process,
 * which takes 10 ms. Where that cannot be, as on Windows or from source, it is left as it is.
 */
export function allowManyRequests(count: number): void {
  if (process.env[VARIABLE] !== undefined || !("Bun" in globalThis)) return;
  startAgain({ [VARIABLE]: String(count) });
}
