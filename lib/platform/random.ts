/** Random bytes, by what both runtimes have at hand: node:crypto would take longer to load than a bare start. */
export const randomBytes = (count: number): Buffer =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(count)));
