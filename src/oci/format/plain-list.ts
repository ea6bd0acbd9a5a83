import type { ListItem } from './list-item.ts';

/** The images of a plain list: one reference a line, blank lines and `#` comments left out. */
export function plainListItems(text: string, what: string): ListItem[] {
  const items: ListItem[] = [];
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    const words = line.replace(/(^|\s)#.*$/, '').trim();
    if (words === '') continue;
    const where = `${what}:${index + 1}`;
    if (/\s/.test(words)) items.push({ where, reason: `"${shortened(words)}" is more than one word: a line has one image` });
    else items.push({ where, item: words });
  }
  return items;
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
