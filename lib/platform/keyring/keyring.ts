import type { AskKeyring } from "./ask-keyring.ts";

/** Where the OS keeps one secret; every call may throw what the keyring says. */
export interface Keyring {
  read(account: string): Promise<string | null>;
  write(account: string, secret: string): Promise<void>;
  remove(account: string): Promise<void>;
}

/** The OS keyring. Nothing is loaded before a call. */
export function osKeyring(env: Record<string, string | undefined>): Keyring {
  let opened: Promise<AskKeyring> | undefined;
  const ask: AskKeyring = async (request) => {
    opened ??= import("./ask-keyring.ts").then(({ createAskKeyring }) => createAskKeyring(env));
    return (await opened)(request);
  };
  return {
    read: (account) => ask({ action: "read", account }),
    write: async (account, secret) => void (await ask({ action: "write", account, secret })),
    remove: async (account) => void (await ask({ action: "remove", account })),
  };
}
