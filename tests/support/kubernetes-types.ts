// What the Kubernetes API takes, by the types of its official client, which are made from the API's own description.
import * as client from "@kubernetes/client-node";
import type { Json } from "./messages.ts";

interface Attribute {
  baseName: string;
  type: string;
}
const PLAIN: Readonly<Record<string, string>> = { string: "string", number: "number", boolean: "boolean" };

/** What is wrong with an object of this type, each with its place: names that the API does not know, and wrong types. */
export function problemsOf(value: Json, type: string, place = type): string[] {
  const [, item] = /^Array<(.+)>$/.exec(type) ?? [];
  if (item) {
    if (!Array.isArray(value)) return [`${place} is no list`];
    return value.flatMap((one: Json, at: number) => problemsOf(one, item, `${place}[${at}]`));
  }
  const [, member] = /^\{ \[key: string\]: (.+); \}$/.exec(type) ?? [];
  if (member)
    return Object.entries(value).flatMap(([key, one]) => problemsOf(one, member, `${place}.${key}`));
  if (PLAIN[type]) return typeof value === PLAIN[type] ? [] : [`${place} is no ${type}`];
  if (type === "IntOrString") return /^(string|number)$/.test(typeof value) ? [] : [`${place} is no port`];
  const model = (client as Json)[type];
  if (typeof model?.getAttributeTypeMap !== "function") return [`${place} has the unknown type ${type}`];
  if (typeof value !== "object" || value === null) return [`${place} is no object`];
  const known: Attribute[] = model.getAttributeTypeMap();
  return Object.entries(value).flatMap(([key, one]) => {
    const attribute = known.find(({ baseName }) => baseName === key);
    return attribute ? problemsOf(one, attribute.type, `${place}.${key}`) : [`${place}.${key} is not known`];
  });
}
