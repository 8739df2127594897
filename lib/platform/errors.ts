// Failures of what the operating system lends us: files and proxies.
import { EXIT, M2mcpError, wrongUsage } from "../failure.ts";

/** A full disk, for one. */
export const outputFailed = (reason: string) =>
  new M2mcpError("output_failed", EXIT.usage, `the output could not be written: ${reason}`);

export const proxyRefused = (proxy: string, status: number) =>
  new M2mcpError(
    "proxy_refused",
    EXIT.network,
    `the proxy ${proxy} refused to pass the request on${Number.isNaN(status) ? "" : `: HTTP status ${status}`}`,
    status === 407
      ? "it wants a user name and password: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"
      : "ask its owner, or name the server in NO_PROXY to go without it",
  );

export const proxyFailed = (proxy: string, why: string) =>
  new M2mcpError(
    "proxy_failed",
    EXIT.network,
    `cannot use the proxy ${proxy}: ${why}`,
    "check HTTPS_PROXY and HTTP_PROXY; NO_PROXY names servers to reach without it",
  );

export const notWritable = (file: string, reason: string) =>
  new M2mcpError(
    "not_writable",
    EXIT.store,
    `cannot write ${file}: ${reason}`,
    "make room or mend the permissions; M2MCP_HOME chooses another folder",
  );

export const isNotWritable = (error: unknown): error is M2mcpError =>
  error instanceof M2mcpError && error.code === "not_writable";

/** @param hint where it is not that something else stands in the file's place */
export const notReadable = (file: string, reason: string, hint = "move away what stands there") =>
  new M2mcpError("not_readable", EXIT.store, `cannot read ${file}: ${reason}`, hint);

/** Hosts hand on what stands in a file of settings as it is; only a shell expands it. */
export const unexpandedPath = (variable: string, value: string) =>
  wrongUsage(`${variable} is ${value}, which nothing has expanded`, "write the whole path");

export const relativeHome = (value: string) =>
  wrongUsage(
    `HOME is ${value}, which is no absolute path: the store would lie in whatever folder this is run in`,
    "set HOME, or M2MCP_HOME, to an absolute path",
  );

export const noAuthorities = (variable: string, path: string) =>
  wrongUsage(
    `${variable} names ${path}, which is no file of certificates`,
    "it is a file of certificates in PEM form; --ca FILE names one too",
  );
