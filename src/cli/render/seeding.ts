import { counted } from '../../core/counts.ts';
import type { SeededImage, SeedReport } from '../../oci/seed/report.ts';
import { errorValue } from './reports.ts';
import { formatTable } from './table.ts';
import { formatBytes } from './units.ts';

/** What was done for each image, and all together. */
export function seedText({ target, images }: SeedReport): string {
  if (images.length === 0) return 'There was nothing to seed.\n';
  const table = formatTable(
    [{ title: 'IMAGE' }, { title: 'DESTINATION' }, { title: 'RESULT' }, { title: 'SENT', align: 'right' }],
    images.map((image) => [image.image, image.destination ?? '-', resultOf(image), image.bytes === 0 ? '-' : formatBytes(image.bytes)]),
  );
  return `${table}${target}: ${summaryOf(images)}\n`;
}

/** For --json: errors as what they say. */
export function seedValue({ target, images }: SeedReport): unknown {
  return {
    target,
    images: images.map((image) => ({ ...image, error: errorValue(image.error) })),
  };
}

function resultOf({ status, error, mounted, present, sent }: SeededImage): string {
  if (error !== undefined) return `FAILED ${error.code}`;
  if (status === 'unchanged') return 'unchanged';
  const parts = [
    `${sent} ${status === 'planned' ? 'to send' : 'sent'}`,
    ...(mounted > 0 ? [`${mounted} mounted`] : []),
    ...(present > 0 ? [`${present} there`] : []),
  ];
  return `${status}: ${parts.join(', ')}`;
}

function summaryOf(images: readonly SeededImage[]): string {
  const count = (status: SeededImage['status']): number => images.filter((image) => image.status === status).length;
  const statuses = (['seeded', 'planned', 'unchanged', 'failed'] as const).filter((status) => count(status) > 0);
  const bytes = images.reduce((sum, image) => sum + image.bytes, 0);
  return `${counted(images.length, 'image')}: ${statuses.map((status) => `${count(status)} ${status}`).join(', ')}; ${formatBytes(bytes)} ${
    images.some(({ status }) => status === 'planned') ? 'to send' : 'sent'
  }`;
}
