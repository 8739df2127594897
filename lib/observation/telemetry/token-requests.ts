import { ROOT_CONTEXT, SpanKind } from "@opentelemetry/api";
import { M2mcpError } from "../../failure.ts";
import { current, within } from "./current.ts";
import { OTHER } from "./label-names.ts";
import { endSpan, type Telling } from "./telling.ts";

/** Does what gets a token from its source as a span of its own, and counts what came of it. */
export async function observeTokenRequest<T>(
  { tracer, instruments }: Telling,
  work: () => Promise<T>,
): Promise<T> {
  const above = current();
  const span = tracer?.startSpan(
    "token request",
    { kind: SpanKind.INTERNAL },
    above?.context ?? ROOT_CONTEXT,
  );
  const finish = (failed: { "error.type"?: string }) => {
    instruments.tokenRequest({ outcome: "error.type" in failed ? "failed" : "issued", ...failed });
    if (span) endSpan(span, failed);
  };
  try {
    const got = await (span ? within(span, above?.baggage, work) : work());
    finish({});
    return got;
  } catch (error) {
    finish({ "error.type": error instanceof M2mcpError ? error.code : OTHER });
    throw error;
  }
}
