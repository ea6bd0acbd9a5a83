import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isMirrorError } from '../../../../src/core/errors.ts';
import { headersNeed, readPackageHeaders } from '../../../../src/yum/format/package/package-file.ts';
import type { StatedDigest } from '../../../../src/yum/format/package/package-integrity.ts';
import { describeWithTools, SHARED_DATA } from '../../../support/requirements.ts';

const data = SHARED_DATA ?? '';
const sample = (): Buffer => readFileSync(join(data, 'fixtures/createrepo_c/packages/Archer-3.4.5-6.x86_64.rpm'));

describeWithTools(['shared data', 'rpm'], 'yum/format/package/package-file', () => {
  it('reads from every real package what rpm reads', () => {
    const files = globSync('{rpm,fixtures}/**/*.rpm', { cwd: data })
      .map((file) => join(data, file))
      .sort();
    expect(files.length).toBeGreaterThan(400);
    const format = '%{NAME};%{EPOCHNUM};%{VERSION};%{RELEASE};%|SOURCERPM?{%{ARCH}}:{src}|;%{SHA256HEADER};%{PAYLOADDIGEST}\\n';
    // In several runs of rpm, which stops nowhere but answers with an error for what it cannot read.
    const answers = new Map<string, string>();
    for (let at = 0; at < files.length; at += 200) {
      const some = files.slice(at, at + 200);
      const lines = rpmAnswers(['-qp', '--nosignature', '--nodigest', '--qf', format, ...some]);
      if (lines.length === some.length) for (const [index, file] of some.entries()) answers.set(file, lines[index] ?? '');
      else for (const file of some) answers.set(file, rpmAnswers(['-qp', '--nosignature', '--nodigest', '--qf', format, file])[0] ?? '');
    }
    const wrong: string[] = [];
    for (const file of files) {
      const wanted = answers.get(file) ?? '';
      if (wanted === '') continue;
      const { name, epoch, version, release, architecture, integrity } = readPackageHeaders(readFileSync(file), file);
      const digests = [integrity.header, integrity.payload].map((stated) => sha256In(stated) ?? '(none)');
      const found = [name, epoch, version, release, architecture, ...digests].join(';');
      if (found !== wanted) wrong.push(`${file}: ${found}, rpm ${wanted}`);
    }
    expect(wrong.slice(0, 5)).toEqual([]);
  });

  it('finds the header and the payload where their digests say', () => {
    for (const file of globSync('rpm/**/*.rpm', { cwd: data }).slice(0, 60)) {
      const bytes = readFileSync(join(data, file));
      const headers = readPackageHeaders(bytes, file);
      const digest = (algorithm: string, from: number, to: number): string =>
        createHash(algorithm).update(bytes.subarray(from, to)).digest('hex');
      const { integrity } = headers;
      for (const { algorithm, values } of integrity.header)
        expect(values).toContain(digest(algorithm, headers.headerStart, headers.headerEnd));
      for (const { algorithm, values } of integrity.payload) expect(values).toContain(digest(algorithm, headers.headerEnd, bytes.length));
      for (const { algorithm, values } of integrity.whole) expect(values).toContain(digest(algorithm, headers.headerStart, bytes.length));
      expect(integrity.header.length).toBeGreaterThan(0);
      expect(integrity.wholeSize ?? bytes.length - headers.headerStart).toBe(bytes.length - headers.headerStart);
    }
  });

  it('asks for no more bytes than it needs', () => {
    const bytes = sample();
    let needed = headersNeed(Buffer.alloc(0), 'x');
    for (let next = headersNeed(bytes.subarray(0, needed), 'x'); next > needed; next = headersNeed(bytes.subarray(0, needed), 'x'))
      needed = next;
    // createrepo_c says of this package: header-range 4504 to 7517.
    expect(needed).toBe(7517);
    expect(readPackageHeaders(bytes.subarray(0, needed), 'x')).toMatchObject({ name: 'Archer', headerStart: 4504, headerEnd: 7517 });
  });

  it('refuses a package cut off anywhere in its headers', () => {
    const bytes = sample();
    for (let length = 0; length < 7517; length += 13) {
      expect(() => readPackageHeaders(bytes.subarray(0, length), 'x')).toThrow();
    }
  });

  it('never fails with anything but an error of its own, whatever byte is changed', () => {
    const bytes = sample();
    let refused = 0;
    for (let at = 0; at < 7517; at++) {
      const broken = Buffer.from(bytes.subarray(0, 7517));
      broken[at] = (broken[at] ?? 0) ^ 0xff;
      try {
        readPackageHeaders(broken, 'x');
      } catch (error) {
        if (!isMirrorError(error, 'METADATA_INVALID')) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(500);
  });

  it('refuses a header that claims more than may be', () => {
    const bytes = sample();
    const claims = (offset: number, value: number): Buffer => {
      const changed = Buffer.from(bytes);
      changed.writeUInt32BE(value, offset);
      return changed;
    };
    expect(() => readPackageHeaders(claims(96 + 8, 0xffffff), 'x')).toThrow('claims');
    expect(() => readPackageHeaders(claims(96 + 12, 0xffffffff), 'x')).toThrow('claims');
    expect(() => readPackageHeaders(claims(4504 + 12, 0x0fffffff), 'x')).toThrow('has a header of');
    expect(() => readPackageHeaders(claims(0, 0x7f454c46), 'x')).toThrow('not an RPM package');
  });

  it('refuses entries outside of the signed region', () => {
    const bytes = sample();
    const changed = Buffer.from(bytes);
    // One entry fewer in the region's trailer than in the header.
    const dataStart = 4504 + 16 + 16 * changed.readUInt32BE(4504 + 8);
    const trailer = dataStart + changed.readInt32BE(4504 + 16 + 8);
    changed.writeInt32BE(changed.readInt32BE(trailer + 8) + 16, trailer + 8);
    expect(() => readPackageHeaders(changed, 'x')).toThrow('does not cover the whole header');
  });
});

function sha256In(stated: readonly StatedDigest[]): string | undefined {
  return stated.find(({ name }) => name === 'SHA-256')?.values[0];
}

function rpmAnswers(args: readonly string[]): string[] {
  try {
    return execFileSync('rpm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .trimEnd()
      .split('\n');
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout ?? '')
      .trimEnd()
      .split('\n')
      .filter((line) => line !== '');
  }
}
