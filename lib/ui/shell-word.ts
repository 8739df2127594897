const PLAIN = /^[\w@%+=:,./-]*$/;

/** A text as one word of a POSIX shell, quoted where it must be; of `name=value` the value alone. */
export function shellWord(text: string): string {
  const [name = ""] = /^[\w-]+:?=/.exec(text) ?? [];
  const rest = text.slice(name.length);
  return rest !== "" && PLAIN.test(rest) ? text : `${name}'${rest.replaceAll("'", "'\\''")}'`;
}
