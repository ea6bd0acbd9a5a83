const NAME = '_?[A-Za-z0-9](?:_?[A-Za-z0-9])*';
const VARIABLE = new RegExp(`\\$(?:(${NAME})|\\{(${NAME})(?::([-+])((?:[^{}]|\\{[^{}]*\\})*))?\\})`, 'g');

/**
 * Fills in yum variables: `$name`, `${name}`, `${name:-value if unset or empty}` and `${name:+value if set}`. A variable that is not in
 * `vars` is left as it stands, as yum and dnf do: `unknownVariables` finds these, so that the caller can refuse them. The value in braces may have variables itself.
 */
export function expandVariables(text: string, vars: Readonly<Record<string, string>>): string {
  return text.replace(VARIABLE, (whole, plain: string | undefined, braced: string | undefined, operator: string | undefined, word = '') => {
    const name = plain ?? braced ?? '';
    const value = Object.hasOwn(vars, name) ? vars[name] : undefined;
    if (operator === '-') return value === undefined || value === '' ? expandVariables(word, vars) : value;
    if (operator === '+') return value === undefined || value === '' ? '' : expandVariables(word, vars);
    return value ?? whole;
  });
}

/** Names of the variables that are left in a text after `expandVariables`, each once. */
export function unknownVariables(text: string): string[] {
  const names = [...text.matchAll(VARIABLE)].flatMap(([, plain, braced, , word = '']) => [
    plain ?? braced ?? '',
    ...unknownVariables(word),
  ]);
  return [...new Set(names)];
}
