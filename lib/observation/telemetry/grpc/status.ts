// What a status of gRPC means for what was to be delivered (OTLP "OTLP/gRPC Response").
import { fieldsOf, integersOf } from "../../../protobuf-fields.ts";

/** Names of the statuses, by their numbers (gRPC "Status codes and their use"). */
const NAMES = [
  ...["OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS"],
  ...["PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE"],
  ...["UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"],
];
const RETRYABLE = ["CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"];

/** A delivery that was refused. */
export interface Refused {
  /** For a person; never the collector's own words, which may repeat what it was sent. */
  name: string;
  isRetryable: boolean;
  /** Nobody has answered. */
  isUnanswered: boolean;
  /** When to try again, in ms; undefined where the collector does not say. */
  retryInMs?: number;
}

/** @param details `grpc-status-details-bin`, a `google.rpc.Status` */
export function refusedBy(status: number, details: Uint8Array | undefined): Refused {
  const name = NAMES[status] ?? String(status);
  const retryInMs = details && retryInMsOf(details);
  // A collector that is full for good names no time.
  const isRetryable = RETRYABLE.includes(name) || (name === "RESOURCE_EXHAUSTED" && retryInMs !== undefined);
  return {
    name,
    isRetryable,
    isUnanswered: name === "DEADLINE_EXCEEDED",
    ...(retryInMs === undefined ? {} : { retryInMs }),
  };
}

/** `retry_delay` of a `google.rpc.RetryInfo` among the details, in ms. */
function retryInMsOf(status: Uint8Array): number | undefined {
  try {
    for (const [number, any] of fieldsOf(status)) {
      if (number !== 3) continue;
      const { 1: type, 2: value } = Object.fromEntries(fieldsOf(any));
      if (!type || !value || !new TextDecoder().decode(type).endsWith("/google.rpc.RetryInfo")) continue;
      const delay = fieldsOf(value).find(([field]) => field === 1)?.[1];
      const duration = integersOf(delay ?? new Uint8Array());
      return (duration.get(1) ?? 0) * 1000 + (duration.get(2) ?? 0) / 1e6;
    }
  } catch {
    // Details that cannot be read say nothing.
  }
  return undefined;
}
