import type { Problem } from './environment.ts';
import type { KeyPath } from './yaml-source.ts';

/** A problem as people read it: the key path, what is wrong, what is allowed and what was perhaps meant. */
export function problemText(problem: Problem): string {
  const parts = [problem.path.length === 0 ? problem.message : `${keyPathText(problem.path)}: ${problem.message}`];
  if (problem.allowed !== undefined && problem.allowed !== '') parts.push(`allowed: ${problem.allowed}`);
  if (problem.nearest !== undefined) parts.push(`did you mean "${problem.nearest}"?`);
  return parts.join('; ');
}

function keyPathText(path: KeyPath): string {
  return path.reduce<string>((text, segment) => {
    if (typeof segment === 'number') return `${text}[${segment}]`;
    return text === '' ? segment : `${text}.${segment}`;
  }, '');
}
