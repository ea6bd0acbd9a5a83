import { compilePattern, type Pattern, patternProblem } from './pattern.ts';

/** Whether a bare term is meant as a glob. */
export function isGlob(text: string): boolean {
  return /[*?[\]]/.test(text);
}

/**
 * A glob over a whole text: `*` any characters, `?` any one, `[a-z]` and `[^a-z]` one of a class, a backslash before a character that is
 * meant literally. `*` and `?` do not match `/`. Throws QUERY_INVALID when a class is not closed or empty, or a backslash ends it.
 */
export function compileGlob(glob: string): Pattern {
  let source = '';
  for (let at = 0; at < glob.length; at++) {
    const character = glob.charAt(at);
    if (character === '*') {
      source += '[^/]*';
    } else if (character === '?') {
      source += '[^/]';
    } else if (character === '[') {
      const end = classEnd(glob, at);
      source += `[${classBody(glob.slice(at + 1, end))}]`;
      at = end;
    } else if (character === '\\') {
      at++;
      if (at === glob.length) throw patternProblem('the glob ends with a backslash');
      source += literal(glob.charAt(at));
    } else {
      source += literal(character);
    }
  }
  return compilePattern(`^(?:${source})$`);
}

/** The `]` of the class that begins at an offset. */
function classEnd(glob: string, start: number): number {
  const from = glob.charAt(start + 1) === '^' ? start + 2 : start + 1;
  for (let at = from; at < glob.length; at++) {
    if (glob.charAt(at) === '\\') at++;
    else if (glob.charAt(at) === ']') {
      if (at === from) throw patternProblem('a [...] class of the glob is empty');
      return at;
    }
  }
  throw patternProblem('a [...] class of the glob is not closed');
}

/** The inside of a class as a pattern has it, where a backslash before a letter and `[:` would have another meaning. */
function classBody(body: string): string {
  return body.replace(/\\([A-Za-z0-9])/g, '$1').replaceAll('[', '\\[');
}

/** A character for use in a pattern, not as an operator. */
function literal(character: string): string {
  return /[\p{P}\p{S}]/u.test(character) && character.charCodeAt(0) < 128 ? `\\${character}` : character;
}
