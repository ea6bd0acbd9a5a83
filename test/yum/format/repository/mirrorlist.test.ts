import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseMirrorlist } from '../../../../src/yum/format/repository/mirrorlist.ts';
import { describeWithTools, SHARED_DATA } from '../../../support/requirements.ts';

describe('yum/format/repository/mirrorlist', () => {
  it('takes the http(s) URLs', () => {
    const text =
      '# comment\n\n  http://a/x/ \r\nhttps://b/$ARCH/\nftp://c/\n/local\nnot a url\nhttp://d/ e\nHTTP://E/\nmirror = http://f/\n';
    expect(parseMirrorlist(text)).toEqual(['http://a/x/', 'https://b/$basearch/', 'HTTP://E/', 'http://f/']);
  });
});

describeWithTools(['shared data'], 'yum/format/repository/mirrorlist of real lists', () => {
  it.each([
    ['mirrorlist_01', ['http://foo.bar/fedora/linux/']],
    ['mirrorlist_02', []],
    ['mirrorlist_03', []],
  ])('%s', (name, urls) => {
    expect(parseMirrorlist(readFileSync(join(SHARED_DATA ?? '', 'fixtures/librepo/mirrorlists', name), 'utf8'))).toEqual(urls);
  });
});
