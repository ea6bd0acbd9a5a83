import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isThreadOf, startThread } from '../../src/core/thread.ts';
import { temporaryDirectory } from '../store/storage-fixture.ts';

describe('core/thread', () => {
  it('runs a module in a thread that knows what it is for', async () => {
    const code = join(await temporaryDirectory(), 'code.ts');
    const own = pathToFileURL(join(import.meta.dirname, '../../src/core/thread.ts')).href;
    writeFileSync(
      code,
      `import { parentPort } from 'node:worker_threads';
import { isThreadOf, keepThreadModules } from '${own}';
keepThreadModules();
parentPort.postMessage([isThreadOf('this'), isThreadOf('that')]);
`,
    );
    const worker = startThread(pathToFileURL(code).href, 'this');
    const [message] = await once(worker, 'message');
    expect(message).toEqual([true, false]);
    await worker.terminate();
  });

  it('tells of a module that cannot be run', async () => {
    const worker = startThread(pathToFileURL(join(await temporaryDirectory(), 'missing.ts')).href, 'this');
    const [error] = await once(worker, 'error');
    expect(error).toMatchObject({ code: 'ERR_MODULE_NOT_FOUND' });
  });

  it('runs in a process that was started with code on its command line', () => {
    const own = pathToFileURL(join(import.meta.dirname, '../../src/core/thread.ts')).href;
    const text = `import { startThread } from '${own}'; startThread('data:text/javascript,process.exit(7)', 'x').on('exit', (status) => process.exit(status));`;
    for (const flags of [['--input-type=module'], []]) {
      const code = flags.length === 0 ? text.replace(/^import (.*?) from '(.*?)';(.*)$/, "import('$2').then(($1) => {$3});") : text;
      const { status, stderr } = spawnSync(process.execPath, [...flags, '--eval', code], { encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 7, stderr: '' });
    }
  });

  it('does not take the calling thread for one', () => {
    expect(isThreadOf('this')).toBe(false);
  });
});
