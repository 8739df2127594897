import { wrongUsage } from "../failure.ts";

/** @param why never a part of what was given: it may be a password */
export const badCacheAddress = (why: string) =>
  wrongUsage(
    `this is no address of a cache: ${why}`,
    "give it like redis://HOST:PORT/DATABASE, rediss:// for TLS, or unix:/run/redis.sock; a user and a password stand before the host, as in other addresses; off goes without",
  );
