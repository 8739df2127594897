const LONGEST = 255;

/** Whether `OTEL_RESOURCE_ATTRIBUTES` can be read; one fault, and none of it counts (OpenTelemetry "Resource SDK"). */
export function areAttributes(text: string): boolean {
  return text
    .split(",")
    .filter((pair) => pair.trim() !== "")
    .every((pair) => {
      const parts = pair.split("=").map((part) => part.trim());
      try {
        return (
          parts.length === 2 &&
          parts[0] !== "" &&
          parts.every((part) => decodeURIComponent(part).length <= LONGEST)
        );
      } catch {
        return false;
      }
    });
}
