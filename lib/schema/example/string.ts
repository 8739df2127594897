import type { JsonObject } from "../../json.ts";
import { patternExample } from "./pattern.ts";

/** Values of the formats that JSON Schema names ("Defined Formats"), and of some that servers do. */
const OF_FORMAT: Record<string, string> = {
  date: "2026-01-31",
  "date-time": "2026-01-31T12:00:00Z",
  time: "12:00:00Z",
  duration: "P1D",
  email: "name@example.com",
  "idn-email": "name@example.com",
  hostname: "example.com",
  "idn-hostname": "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.com/",
  url: "https://example.com/",
  "uri-reference": "https://example.com/",
  iri: "https://example.com/",
  "iri-reference": "https://example.com/",
  "uri-template": "https://example.com/{name}",
  uuid: "123e4567-e89b-42d3-a456-426614174000",
  "json-pointer": "/name",
  "relative-json-pointer": "0/name",
  regex: "a+",
  byte: "dGV4dA==",
};

/** Longest text that is made up. */
const LONGEST = 1000;

/** A text that a schema allows, as far as can be seen. @param turn of several that must differ, which one */
export function exampleString(schema: JsonObject, turn: number): string {
  const least = typeof schema.minLength === "number" ? Math.min(schema.minLength, LONGEST) : 0;
  const most = typeof schema.maxLength === "number" ? schema.maxLength : LONGEST;
  const known = typeof schema.format === "string" ? OF_FORMAT[schema.format] : undefined;
  if (known !== undefined) return known;
  const made = typeof schema.pattern === "string" ? patternExample(schema.pattern, least) : undefined;
  if (made !== undefined) return made;
  if (schema.contentEncoding === "base64") return OF_FORMAT.byte ?? "";
  const word = turn === 0 ? "text" : `text${turn + 1}`;
  return word.padEnd(least, "x").slice(0, Math.max(most, 0));
}
