/** What an option that may be repeated has gathered, with one value more. */
export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}
