/** What the Source field of a binary package says. */
export interface SourceField {
  readonly name: string;
  /** Undefined: that of the binary package. */
  readonly version: string | undefined;
}

/** Reads the value of a Source field, `name` or `name (version)`, as apt does; undefined when it names nothing. The name is not checked. */
export function parseSourceField(value: string | undefined): SourceField | undefined {
  if (value === undefined) return undefined;
  const [name = ''] = value.split('(', 1);
  const [, version] = /\(\s*([^()\s]+)\s*\)/.exec(value) ?? [];
  return name.trim() === '' ? undefined : { name: name.trim(), version };
}
