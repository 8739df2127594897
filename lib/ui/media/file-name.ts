import { isDeviceName } from "../../platform/windows/paths.ts";
import type { Attachment } from "./attachments.ts";

/** How files of usual types end; of others the subtype is the ending where it may be one. */
const ENDINGS: Record<string, string> = {
  "application/gzip": "gz",
  "application/javascript": "js",
  "application/msword": "doc",
  "application/octet-stream": "bin",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
  "application/vnd.ms-excel": "xls",
  "application/x-tar": "tar",
  "application/x-yaml": "yaml",
  "application/x-ndjson": "ndjson",
  "audio/mp4": "m4a",
  "audio/mpeg": "mp3",
  "audio/vnd.wave": "wav",
  "image/jpeg": "jpg",
  "image/svg+xml": "svg",
  "image/tiff": "tif",
  "image/vnd.microsoft.icon": "ico",
  "image/x-icon": "ico",
  "text/calendar": "ics",
  "text/javascript": "js",
  "text/markdown": "md",
  "text/plain": "txt",
  "text/x-python": "py",
  "video/quicktime": "mov",
};
const LONGEST_NAME = 100;

/** The ending of a file of this type, without a dot. */
export function endingOf(mimeType: string): string {
  const type = mimeType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const known = Object.hasOwn(ENDINGS, type) ? ENDINGS[type] : undefined;
  if (known !== undefined) return known;
  const subtype = type.split("/")[1] ?? "";
  const structured = /\+(json|xml|zip|yaml)$/.exec(subtype)?.[1];
  const plain = subtype.replace(/^x-/, "");
  return structured ?? (/^[a-z0-9]{1,8}$/.test(plain) ? plain : "bin");
}

/**
 * What a file with an attachment is called: the last part of its URI where it has one, else its kind; with an ending by
 * its type. One name without a folder, which every system takes.
 */
export function fileNameOf({ kind, mimeType, uri }: Attachment): string {
  const last = uri === undefined ? "" : plainName(lastPart(uri));
  const name = last === "" ? kind : last;
  return /\.[A-Za-z0-9]{1,8}$/.test(name) ? name : `${name}.${endingOf(mimeType)}`;
}

/** The same name with a number, for one that is taken: `cat-2.png`. */
export function numberedName(name: string, count: number): string {
  if (count < 2) return name;
  const [, stem = name, ending = ""] = /^(.+?)(\.[A-Za-z0-9]{1,8})?$/.exec(name) ?? [];
  return `${stem}-${count}${ending}`;
}

function lastPart(uri: string): string {
  const path = uri.split(/[?#]/, 1)[0] ?? "";
  const part =
    path
      .replace(/\/+$/, "")
      .split(/[/\\:]/)
      .at(-1) ?? "";
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Without separators, controls, what Windows refuses, and dots that hide a file or climb. */
function plainName(part: string): string {
  const name = part
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    .replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff<>:"/\\|?*]/g, "_")
    .replace(/^[.\s]+|[.\s]+$/g, "")
    .slice(-LONGEST_NAME)
    .toWellFormed();
  return isDeviceName(name) ? `_${name}` : name;
}
