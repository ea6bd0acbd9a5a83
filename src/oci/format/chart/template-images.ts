import type { ChartFindings } from './findings.ts';
import type { ValuesPath } from './values-images.ts';

const IMAGE_LINE = /^(?:-\s+)?(?:image|"image"):\s*(\S.*)$/;
const COMMENT = /\{\{-?\s*\/\*/g;
const PLAIN = /^(?:"([^"{}]+)"|'([^'{}]+)'|([^\s"'{}#]+))(?:\s+#.*)?$/;
const VALUES_PATH = /\.Values((?:\.\w+)+)/g;
const DEFINE = /\{\{-?\s*define\s+"([^"]+)"\s*-?\}\}/g;
const INCLUDE = /(?:include|template)\s+"([^"]+)"/g;
/** Of named templates that use others. */
const MAX_DEPTH = 8;

export interface TemplatesContext {
  /** Names the chart in messages. */
  readonly what: string;
  /** Where images were found in the values: a template that uses one of these makes no other image. */
  readonly found: readonly ValuesPath[];
}

/**
 * Finds the images in a chart's templates, as far as that needs no Helm: lines `image: …` without an expression. One with an expression is a problem,
 * unless it leads to an image of the values.
 */
export function findTemplateImages(templates: ReadonlyMap<string, Uint8Array>, context: TemplatesContext, findings: ChartFindings): void {
  const texts = [...templates].map(([path, bytes]) => ({ path, text: new TextDecoder().decode(bytes) }));
  const defined = definitions(texts.map(({ text }) => text));
  for (const { path, text } of texts) {
    for (const [index, line] of withoutComments(text).split('\n').entries()) {
      const value = IMAGE_LINE.exec(line.trim())?.[1];
      if (value === undefined || value.startsWith('#')) continue;
      const where = `${context.what}/${path}:${index + 1}`;
      const [, double, single, bare] = PLAIN.exec(value) ?? [];
      const name = double ?? single ?? bare;
      if (name !== undefined) findings.image(name, where);
      else if (!leadsToFound(value, defined, context.found))
        findings.problem(where, `which image this is, is only known when Helm installs the chart: ${value.slice(0, 120)}`);
    }
  }
}

/** The same number of lines, without comments of the template language. */
function withoutComments(text: string): string {
  const kept: string[] = [];
  let from = 0;
  for (const { index } of text.matchAll(COMMENT)) {
    if (index < from) continue;
    const end = text.indexOf('*/', index);
    if (end < 0) break;
    kept.push(text.slice(from, index), text.slice(index, end).replace(/[^\n]/g, ''));
    from = end + 2;
  }
  return [...kept, text.slice(from)].join('');
}

/** The text of each named template: from its beginning to that of the next. */
function definitions(texts: readonly string[]): Map<string, string> {
  const defined = new Map<string, string>();
  for (const text of texts) {
    const starts = [...text.matchAll(DEFINE)];
    for (const [index, start] of starts.entries()) defined.set(start[1] ?? '', text.slice(start.index, starts[index + 1]?.index));
  }
  return defined;
}

function leadsToFound(expression: string, defined: ReadonlyMap<string, string>, found: readonly ValuesPath[]): boolean {
  const seen = new Set<string>();
  const reaches = (text: string, depth: number): boolean => {
    const paths = [...text.matchAll(VALUES_PATH)].map(([, path = '']) => path.slice(1).split('.'));
    if (paths.some((path) => found.some((image) => overlaps(path, image)))) return true;
    if (depth === MAX_DEPTH) return false;
    return [...text.matchAll(INCLUDE)].some(([, name = '']) => {
      if (seen.has(name)) return false;
      seen.add(name);
      return reaches(defined.get(name) ?? '', depth + 1);
    });
  };
  return reaches(expression, 0);
}

/** Whether one path leads to the other, or past it. */
function overlaps(a: ValuesPath, b: ValuesPath): boolean {
  return a.slice(0, b.length).every((key, index) => key === b[index]);
}
