/** The media type of a response, without parameters, in lower case; null where it names none. */
export const mediaType = (headers: Headers): string | null =>
  headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? null;
