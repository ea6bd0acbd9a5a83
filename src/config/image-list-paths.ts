import { resolve } from 'node:path';
import type { ChartItem, ImageItem, VerifyPolicy } from './image-list-schema.ts';

/** The same images, with every file that they name absolute. */
export function absoluteImageItems(items: readonly ImageItem[], directory: string): ImageItem[] {
  return items.map((item) => (typeof item === 'string' ? item : { ...item, verify: absolutePolicy(item.verify, directory) }));
}

/** The same charts, with every file that they are or name absolute. */
export function absoluteChartItems(items: readonly ChartItem[], directory: string): ChartItem[] {
  const at = (chart: string): string => (chart.startsWith('oci://') ? chart : resolve(directory, chart));
  return items.map((item) =>
    typeof item === 'string' ? at(item) : { ...item, chart: at(item.chart), verify: absolutePolicy(item.verify, directory) },
  );
}

function absolutePolicy(policy: VerifyPolicy | undefined, directory: string): VerifyPolicy | undefined {
  const at = (files: readonly string[]): string[] => files.map((file) => resolve(directory, file));
  if (policy === undefined) return undefined;
  const { cosign, notation } = policy;
  return {
    ...(cosign === undefined ? {} : { cosign: { key: at(cosign.key) } }),
    ...(notation === undefined ? {} : { notation: { trust: at(notation.trust) } }),
  };
}
