import { setImmediate } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Host } from '../host.ts';

interface QueryFlags {
  readonly withDeps?: boolean;
  readonly recommends?: boolean;
  readonly suggests?: boolean;
  readonly sources?: boolean;
  readonly format?: string;
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: this is how fields of formats are written
const FIELD = '${Package}';

const EXAMPLES = `
QUERY is a package name, name (>= 1.2), name_1.2_amd64, lib*-dev, or conditions on fields: 'Section (web), !$Architecture (i386)'.
"," is and, "|" is or, "!" is not; "," binds tighter. Without a query everything is listed.
FORMAT is "full" for all that the metadata says, or a text with fields: {{.Package}}, ${FIELD} or %{name}, and \\n and \\t.

Examples:
  mirror query ubuntu-main nginx
  mirror query ubuntu-main 'nginx (>= 1.18) | $Source (apache2)' --with-deps
  mirror query centos7-updates 'kernel*, $Version (>= 3.10.0-1160)' --format '%{name} %{size}'
  mirror query frozen-2026-01 'Priority (required)' --format full

docs/query-language.md has all of the language.
`;

export function addQueryCommand(parent: Command, host: Host): void {
  parent
    .command('query')
    .description('search a mirror, repo, snapshot or publication; one package a line')
    .argument('<name>', 'of a mirror, repo, snapshot or publication')
    .argument('[query]', 'in the package query language; everything when left out')
    .option('--with-deps', 'also what the packages need, directly or not')
    .option('--recommends', 'with --with-deps: also what they recommend')
    .option('--suggests', 'with --with-deps: also what they suggest')
    .option('--sources', 'with --with-deps: also the source packages that they were made from')
    .option('--format <format>', 'how each package is printed')
    .addHelpText('after', EXAMPLES)
    .action(
      host.run(async (session, name: string, query: string | undefined, { format, ...flags }: QueryFlags) => {
        const [{ queryPackages }, { parseOutputFormat }, { packageJson, packageText }] = await Promise.all([
          import('../../ops/query.ts'),
          import('../../query/output-format.ts'),
          import('../render/packages.ts'),
        ]);
        const form = format === undefined ? 'label' : format === 'full' ? 'full' : parseOutputFormat(format);
        const { packages } = await queryPackages(name, await session.context(), { query, ...flags });
        await session.endProgress();
        const pieces = session.options.json === true ? packageJson(packages, form) : packageText(packages, form);
        for (const text of pieces) {
          session.print(text);
          // What is written can be let go of only in between.
          await setImmediate();
        }
        return { value: undefined, text: '' };
      }),
    );
}
