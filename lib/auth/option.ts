/** An option as words of advice name it: by its flag, and by the variable that stands for it in a host's entry. */
export const option = (name: string, value?: string): string =>
  `--${name}${value === undefined ? "" : ` ${value}`} (M2MCP_${name.toUpperCase().replaceAll("-", "_")})`;
