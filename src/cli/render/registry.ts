import { counted, formatCount } from '../../core/counts.ts';
import type { CollectReport } from '../../ops/registry/collect.ts';
import type { ListedImage } from '../../ops/registry/list.ts';
import { errorValue } from './reports.ts';
import { formatTable } from './table.ts';
import { formatBytes } from './units.ts';

/** Characters of a digest that tell it from others: `sha256:` and twelve. */
const SHORT_DIGEST = 19;

/** Images as a table; one a line where no more than their names is known, as a list to go on with, without those of which errors were told. */
export function imagesText(images: readonly ListedImage[]): string {
  if (images.length === 0) return 'There are no images.\n';
  if (images.every(({ digest }) => digest === undefined)) {
    return images.flatMap(({ image, error }) => (error === undefined ? [`${image}\n`] : [])).join('');
  }
  return formatTable(
    [{ title: 'IMAGE' }, { title: 'DIGEST' }, { title: 'KIND' }, { title: 'SIZE', align: 'right' }, { title: 'PLATFORMS' }],
    images.map(({ image, digest, kind, size, platforms, error }) => [
      image,
      error === undefined ? (digest?.slice(0, SHORT_DIGEST) ?? '-') : `FAILED ${error.code}`,
      kind ?? '-',
      size === undefined ? '-' : formatBytes(size),
      platforms === undefined || platforms.length === 0 ? '-' : platforms.join(' '),
    ]),
  );
}

/** For --json: errors as what they say. */
export function imagesValue(images: readonly ListedImage[]): unknown {
  return images.map((image) => ({ ...image, error: errorValue(image.error) }));
}

/** What a collection removed, or would remove. */
export function collectText({ dryRun, manifests, links, repositories, files, bytes }: CollectReport): string {
  const done = dryRun ? 'would be removed' : 'removed';
  if (manifests.length + links + repositories.length + files === 0)
    return 'There is nothing to remove. What was used within the time of --grace stays, and so do manifests without --untagged.\n';
  const lines = manifests.map(({ repository, digest }) => `${repository}@${digest}`);
  const parts = [
    counted(manifests.length, 'manifest'),
    `${formatCount(links)} unused ${links === 1 ? 'blob' : 'blobs'} of repositories`,
    `${counted(files, 'file')} of ${formatBytes(bytes)}`,
  ];
  return `${[...lines, `${parts.join(', ')} ${done}`].join('\n')}\n`;
}
