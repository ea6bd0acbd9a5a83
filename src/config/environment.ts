import type { KeyPath } from './yaml-source.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** One thing that is wrong with the configuration, at a key path. */
export interface Problem {
  readonly path: KeyPath;
  /** Whether the key or its value is what is wrong. */
  readonly part: 'key' | 'value';
  readonly message: string;
  /** What is allowed instead, for people. */
  readonly allowed?: string | undefined;
  /** The nearest thing that would have been right. */
  readonly nearest?: string | undefined;
}

const REFERENCE = /\$(\$?)\{([^}]*)\}?/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const YUM_VARIABLES = new Set(['releasever', 'basearch', 'arch', 'infra', 'contentdir']);

/**
 * Fills in `${NAME}` in every string value from the environment; keys stay as they are. `$${` stands for a literal `${`, and a `$` without
 * a brace (yum's $releasever) is never touched. A variable that is not set is a problem, and its value stays as written.
 */
export function expandEnvironment(
  value: unknown,
  environment: Environment,
): { readonly value: unknown; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const expand = (current: unknown, path: KeyPath): unknown => {
    if (typeof current === 'string') return expandText(current, path);
    if (Array.isArray(current)) return current.map((item, index) => expand(item, [...path, index]));
    if (current !== null && typeof current === 'object') {
      return Object.fromEntries(Object.entries(current).map(([key, item]) => [key, expand(item, [...path, key])]));
    }
    return current;
  };
  const expandText = (text: string, path: KeyPath): string =>
    text.replace(REFERENCE, (whole, escaped: string, name: string) => {
      if (escaped !== '') return whole.slice(1);
      const variable = NAME.test(name) && whole.endsWith('}') ? environment[name] : undefined;
      if (variable !== undefined) return variable;
      problems.push({ path, part: 'value', ...problemOf(whole, name) });
      return whole;
    });
  return { value: expand(value, []), problems };
}

function problemOf(whole: string, name: string): Pick<Problem, 'message' | 'allowed'> {
  if (YUM_VARIABLES.has(name)) {
    return { message: `the environment variable ${name} is not set`, allowed: `$${name} (without braces) for the variable of yum` };
  }
  if (!NAME.test(name) || !whole.endsWith('}')) {
    return { message: `"${whole}" names no environment variable`, allowed: `\${NAME}, or $\${ for the text \${ itself` };
  }
  return { message: `the environment variable ${name} is not set`, allowed: 'a variable of the environment that mirror is started in' };
}
