import type { OptionSpec } from "./option-spec.ts";

/** What one verb or a few of them know. */
export const OWN = {
  profile: { group: "own", value: "@NAME", about: "the login to use, where several know the server" },
  to: {
    group: "own",
    value: "PLACE",
    variable: false,
    about: "where the store's key shall be: keyring, file or passphrase",
    choices: ["keyring", "file", "passphrase"],
  },
  answers: {
    group: "own",
    value: "FILE",
    about: "answers to what the server may ask: a JSON object of values by field, or a list of them",
  },
  task: { group: "own", about: "call it as a task, where the tool can run as one" },
  detach: { group: "own", about: "begin a task, print its id, and do not wait for it" },
  progress: { group: "own", about: "tell progress on stderr, a line each, where it is no terminal too" },
  follow: { group: "own", variable: false, about: "go on with what is written from now on, until Ctrl-C" },
  lines: { group: "own", value: "COUNT", variable: false, about: "how many lines at most; 200 by default" },
} as const satisfies Record<string, OptionSpec>;
