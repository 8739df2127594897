/** Settings of one section, by their names in lower case. */
export type Section = Record<string, string>;

/**
 * The sections of a shared file of AWS ("Format of the shared config and credentials files"): of a name that comes twice
 * the later settings count; what is indented belongs to the setting before it where that is empty (`s3 =`), and nothing
 * here has such; elsewhere it is a setting as others are.
 *
 * @returns by their headings without brackets, such as `default` and `profile dev`
 */
export function parseIni(text: string): Map<string, Section> {
  const sections = new Map<string, Section>();
  let section: Section | undefined;
  let isWithin = false;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    isWithin &&= /^\s/.test(line);
    if (isWithin) continue;
    const [, heading] = /^\s*\[\s*([^\]]*?)\s*\]/.exec(line) ?? [];
    if (heading !== undefined) {
      const name = heading.replace(/\s+/g, " ").replace(/^(profile )"(.*)"$/, "$1$2");
      section = sections.get(name) ?? {};
      sections.set(name, section);
      continue;
    }
    const equals = line.indexOf("=");
    if (!section || equals < 1) continue;
    // A comment within a line begins with a blank.
    const value = line
      .slice(equals + 1)
      .replace(/\s[#;].*$/, "")
      .trim();
    section[line.slice(0, equals).trim().toLowerCase()] = value;
    isWithin = value === "";
  }
  return sections;
}
