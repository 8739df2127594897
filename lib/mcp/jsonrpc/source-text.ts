// The source text of parts of a JSON text: what `JSON.parse` does not tell. Each text must be known to be JSON.

const BACKSLASH = 0x5c;

/** The source texts of an array's elements, or of an object's members, each with its key. */
export function partsOf(json: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  const end = (at: number) => {
    if (depth === 1) parts.push(json.slice(start, at).trim());
  };
  for (let at = 0; at < json.length; at++)
    switch (json[at]) {
      case '"':
        at = endOfString(json, at);
        break;
      case "[":
      case "{":
        if (depth++ === 0) start = at + 1;
        break;
      case ",":
        end(at);
        if (depth === 1) start = at + 1;
        break;
      case "]":
      case "}":
        end(at);
        depth--;
    }
  return parts;
}

/** The source text of a member of an object: of several that have the name, the last, as `JSON.parse` takes it. */
export function memberSource(json: string, name: string): string | undefined {
  let found: string | undefined;
  for (const part of partsOf(json)) {
    const keyEnd = endOfString(part, 0) + 1;
    if (part !== "" && JSON.parse(part.slice(0, keyEnd)) === name)
      found = part.slice(part.indexOf(":", keyEnd) + 1).trim();
  }
  return found;
}

/** Where the string that begins at `start` ends. */
function endOfString(json: string, start: number): number {
  for (let at = json.indexOf('"', start + 1); at >= 0; at = json.indexOf('"', at + 1)) {
    let escapes = 0;
    while (json.charCodeAt(at - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return at;
  }
  return json.length;
}
