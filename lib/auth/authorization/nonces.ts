import { isSameKey, learnNonce, type ProofKey } from "../client/proof-key.ts";
import type { TokenContext } from "../tokens/current.ts";
import type { Background } from "./background.ts";

/** Nonces are written down so often at most while running, in ms. */
const NONCE_WRITE_MS = 10_000;

/** Takes in the nonces that the server hands out (RFC 9449 §8.2), and shares them: the next process needs no refusal. */
export function createNonceMemory({ deps, server }: TokenContext, background: Background) {
  const { origin } = new URL(server);
  let writtenMs = Number.NEGATIVE_INFINITY;
  let unwritten: ProofKey | undefined;

  function write(): void {
    const key = unwritten;
    unwritten = undefined;
    writtenMs = deps.now();
    if (!key) return;
    background.run(
      deps.write((old) =>
        old.dpop && isSameKey(old.dpop, key)
          ? { ...old, dpop: { ...old.dpop, nonces: { ...old.dpop.nonces, ...key.nonces } } }
          : old,
      ),
    );
  }

  return {
    write,
    learn(key: ProofKey, headers: Headers, status: number): void {
      if (!learnNonce(key, origin, headers)) return;
      unwritten = key;
      if (deps.now() - writtenMs > NONCE_WRITE_MS && status < 400) write();
    },
  };
}
