import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fileKind } from '../../../src/ops/registry/file-kind.ts';
import { tarArchive, tarEntry } from '../../codec/tar-archive.ts';
import { twoPlatforms } from '../../oci/archive/layouts.ts';
import { packedChart } from '../../oci/format/chart/packed-chart.ts';
import { temporaryDirectory } from '../../store/storage-fixture.ts';

const many = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, at) => tarEntry({ path: `app/${at}`, content: Buffer.from('x') }));
const chartFile = (path: string): Buffer => tarEntry({ path, content: Buffer.from('name: app') });

describe('ops/registry/file-kind', () => {
  it.each([
    ['a text', Buffer.from('docker.io/library/nginx:1.27\n'), 'list'],
    ['a text that begins with a BOM', Buffer.from('\ufeffofficial_images:\n'), 'list'],
    ['an archive', twoPlatforms('a:1').tar(), 'archive'],
    ['a packed archive', gzipSync(twoPlatforms('a:1').tar()), 'archive'],
    ['nothing at all', Buffer.alloc(0), 'archive'],
    ['a chart', packedChart('app', { 'Chart.yaml': 'name: app\nversion: 1.0.0\n' }), 'chart'],
    ['a chart whose names begin with ./', gzipSync(tarArchive(chartFile('./app/Chart.yaml'))), 'chart'],
    ['a chart whose Chart.yaml comes later', gzipSync(tarArchive(...many(10), chartFile('app/Chart.yaml'))), 'chart'],
    ['an archive with a Chart.yaml far behind', gzipSync(tarArchive(...many(40), chartFile('app/Chart.yaml'))), 'archive'],
    ['an archive with a Chart.yaml further below', gzipSync(tarArchive(chartFile('app/charts/x/Chart.yaml'))), 'archive'],
    ['something damaged', gzipSync(twoPlatforms('a:1').tar()).subarray(0, 50), 'archive'],
    ['something that unpacks to no end', gzipSync(Buffer.alloc(64 * 1024 * 1024)), 'archive'],
  ])('takes %s for what it is', async (_, content, kind) => {
    const path = join(await temporaryDirectory(), 'source');
    writeFileSync(path, content);
    expect(await fileKind(path)).toBe(kind);
  });

  it('takes a directory for an archive, and says which file is missing', async () => {
    const folder = await temporaryDirectory();
    mkdirSync(join(folder, 'bundle'));
    expect(await fileKind(join(folder, 'bundle'))).toBe('archive');
    await expect(fileKind(join(folder, 'none'))).rejects.toMatchObject({ code: 'FILE_MISSING', message: expect.stringContaining('none') });
  });
});
