/** Whether a text is the other with something put in here and there, and nothing taken out. */
export function isWithin(text: string, other: string): boolean {
  let at = 0;
  for (const letter of other) if (letter === text[at]) at++;
  return at === text.length;
}
