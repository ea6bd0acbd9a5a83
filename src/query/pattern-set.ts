/** Whether a code point belongs to a set of characters. */
export type CharacterSet = (code: number) => boolean;

/** Letters of ASCII with both cases made equal, which is what `(?i)` needs for ranges. */
const CASE_BIT = 0x20;

export function oneOf(code: number, ignoreCase: boolean): CharacterSet {
  if (!ignoreCase) return (other) => other === code;
  const text = String.fromCodePoint(code);
  const variants = new Set([code, text.toLowerCase().codePointAt(0), text.toUpperCase().codePointAt(0)]);
  return (other) => variants.has(other);
}

export function range(low: number, high: number, ignoreCase: boolean): CharacterSet {
  if (!ignoreCase) return (code) => code >= low && code <= high;
  return (code) => {
    if (code >= low && code <= high) return true;
    if (!isLetter(code)) return false;
    const other = code ^ CASE_BIT;
    return other >= low && other <= high;
  };
}

export function anyOf(sets: readonly CharacterSet[]): CharacterSet {
  const [only] = sets;
  return sets.length === 1 && only !== undefined ? only : (code) => sets.some((set) => set(code));
}

export function noneOf(set: CharacterSet): CharacterSet {
  return (code) => !set(code);
}

export const anything: CharacterSet = () => true;
export const notNewline: CharacterSet = (code) => code !== 10;

/** `\w`: what a word consists of, in ASCII. */
export const isWord: CharacterSet = (code) => isLetter(code) || isDigit(code) || code === 0x5f;

function isLetter(code: number): boolean {
  const lower = code | CASE_BIT;
  return lower >= 0x61 && lower <= 0x7a && code < 128;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

const between = (low: string, high: string): CharacterSet => range(low.charCodeAt(0), high.charCodeAt(0), false);
const among = (characters: string): CharacterSet => {
  const codes = new Set([...characters].map((character) => character.codePointAt(0)));
  return (code) => codes.has(code);
};

/** `\d`, `\s` and `\w`, by their letter. */
export const PERL_SETS: ReadonlyMap<string, CharacterSet> = new Map([
  ['d', isDigit],
  ['s', among('\t\n\f\r ')],
  ['w', isWord],
]);

/** `[:alpha:]` and the like, by their name. */
export const POSIX_SETS: ReadonlyMap<string, CharacterSet> = new Map<string, CharacterSet>([
  ['alnum', (code) => isLetter(code) || isDigit(code)],
  ['alpha', isLetter],
  ['ascii', (code) => code < 128],
  ['blank', among('\t ')],
  ['cntrl', (code) => code < 0x20 || code === 0x7f],
  ['digit', isDigit],
  ['graph', between('!', '~')],
  ['lower', between('a', 'z')],
  ['print', between(' ', '~')],
  ['punct', (code) => code > 0x20 && code < 0x7f && !isLetter(code) && !isDigit(code)],
  ['space', among('\t\n\v\f\r ')],
  ['upper', between('A', 'Z')],
  ['word', isWord],
  ['xdigit', among('0123456789ABCDEFabcdef')],
]);

/** `\p{Name}`, a general category or script of Unicode; undefined when there is none of that name. */
export function unicodeSet(name: string): CharacterSet | undefined {
  if (!/^[A-Za-z_]+$/.test(name)) return undefined;
  for (const property of [name, `Script=${name}`]) {
    try {
      const expression = new RegExp(`\\p{${property}}`, 'u');
      return (code) => expression.test(String.fromCodePoint(code));
    } catch {
      // Not a name of this kind.
    }
  }
  return undefined;
}
