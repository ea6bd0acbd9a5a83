import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { FamilyName } from '../../config/schema.ts';
import type { Host } from '../host.ts';
import { keyEntries } from '../key-flags.ts';
import { collect } from '../repeatable.ts';

const EXAMPLES = `
Examples:
  mirror repo create local-debs
  mirror repo add local-debs build/*.deb hello_1.0_amd64.changes ~/packages
  mirror repo add local-rpms rpmbuild/RPMS rpmbuild/SRPMS
  mirror repo remove local-debs 'hello (<< 1.0)'
`;

export function addRepoCommand(parent: Command, host: Host): void {
  const repo = parent.command('repo').description('local repositories: packages added from files').addHelpText('after', EXAMPLES);
  addCreate(repo, host);
  addAdd(repo, host);
  addRemove(repo, host);
  addShow(repo, host);

  repo
    .command('list')
    .description('list the repos: how big, when changed')
    .action(
      host.run(async (session) => {
        const [{ config }, { listRepos }, { repoTable }] = await Promise.all([
          session.config(),
          import('../../ops/repos.ts'),
          import('../render/repos.ts'),
        ]);
        const repos = listRepos(config, await session.catalogue());
        return { value: repos, text: repoTable(repos, session.clock.now().getTime()) };
      }),
    );
}

function addCreate(parent: Command, host: Host): void {
  parent
    .command('create')
    .description('add an empty repo to the configuration file, keeping its comments')
    .argument('<name>', 'of the new repo')
    .addOption(new Option('--type <family>', 'of its packages').choices(['apt', 'yum']).default('apt'))
    .option('--key <key>', 'what is added must be signed by it: a file, a URL or a fingerprint; may be repeated', collect, [])
    .action(
      host.run(async (session, name: string, flags: { readonly type: FamilyName; readonly key: readonly string[] }) => {
        const { addRepo } = await import('../../ops/add.ts');
        const loaded = await session.config();
        const keys = await keyEntries(flags.key, session);
        const value = keys.length === 0 ? { type: flags.type } : { type: flags.type, keys };
        await addRepo(loaded, { name, value }, session.io.environment);
        return {
          value: { config: loaded.path, added: [name] },
          text: `added ${name} to ${loaded.path}\nNext: mirror repo add ${name} FILE...\n`,
        };
      }),
    );
}

function addAdd(parent: Command, host: Host): void {
  parent
    .command('add')
    .description('add packages from files, all or none; a directory stands for the packages in and below it')
    .argument('<name>', 'of the repo')
    .argument('<files...>', '.rpm; .deb, .udeb and .ddeb; .dsc with its archives beside it; .changes with all that it names; directories')
    .option('--dry-run', 'only say what would be added')
    .option('--force-replace', 'replace packages that are there with other content; clients that have the old ones will not notice')
    .action(
      host.run(
        async (session, name: string, files: readonly string[], flags: { readonly dryRun?: boolean; readonly forceReplace?: boolean }) => {
          const [{ addToRepo }, { addedText }] = await Promise.all([import('../../ops/repo-add.ts'), import('../render/repos.ts')]);
          const paths = files.map((file) => resolve(session.io.cwd, file));
          const report = await addToRepo(name, paths, await session.context(), flags);
          return { value: report, text: addedText(report) };
        },
      ),
    );
}

function addRemove(parent: Command, host: Host): void {
  parent
    .command('remove')
    .description('remove the packages that match a query')
    .argument('<name>', 'of the repo')
    .argument('<queries...>', "such as hello, hello_1.0_amd64 or 'hello (<< 1.0)'; what any of them matches is removed")
    .option('--dry-run', 'only say what would be removed')
    .action(
      host.run(async (session, name: string, queries: readonly string[], flags: { readonly dryRun?: boolean }) => {
        const [{ removeFromRepo }, { removedText }] = await Promise.all([import('../../ops/repos.ts'), import('../render/repos.ts')]);
        const report = await removeFromRepo(name, queries, await session.context(), flags);
        return { value: report, text: removedText(report) };
      }),
    );
}

function addShow(parent: Command, host: Host): void {
  parent
    .command('show')
    .description('show one repo')
    .argument('<name>', 'of the repo')
    .option('--packages', 'also list its packages')
    .action(
      host.run(async (session, name: string, flags: { readonly packages?: boolean }) => {
        const [{ config }, { repoPackages, repoSummary }, { repoDetails }] = await Promise.all([
          session.config(),
          import('../../ops/repos.ts'),
          import('../render/repos.ts'),
        ]);
        const catalogue = await session.catalogue();
        const summary = repoSummary(name, config, catalogue);
        const labels = flags.packages === true ? [...repoPackages(name, config, catalogue)] : undefined;
        const value = labels === undefined ? summary : { ...summary, labels };
        return { value, text: repoDetails(summary, labels, session.clock.now().getTime()) };
      }),
    );
}
