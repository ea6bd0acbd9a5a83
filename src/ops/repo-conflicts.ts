import { shortened } from '../core/counts.ts';
import { MirrorError } from '../core/errors.ts';
import type { LocalFile } from '../family/local-packages.ts';
import type { PackageRecord, StoredPackage } from '../store/catalogue.ts';

/** Differing packages that an error names. */
const PROBLEMS_SHOWN = 20;

/** A package that was read from files, as far as it is compared with others. */
export interface FoundPackage {
  readonly record: Omit<PackageRecord, 'record'>;
  readonly files: readonly LocalFile[];
}

/** What adding packages to a repo comes to. */
export interface Additions<P extends FoundPackage> {
  readonly added: readonly P[];
  /** Names of packages among `added` that the repo had with other content. */
  readonly replaced: readonly string[];
  /** Names of packages that the repo has already, the same. */
  readonly present: readonly string[];
  /** Ids of the packages that the repo has and keeps. */
  readonly kept: readonly number[];
}

/** How it is decided what is added. */
export interface AdditionRules {
  /** For messages. */
  readonly repo: string;
  /** How a person names one package. */
  readonly label: (record: Pick<PackageRecord, 'name' | 'version' | 'architecture'>) => string;
  /** A package that is there with other content makes way. */
  readonly forceReplace: boolean;
}

/**
 * Decides which of some packages are new. PACKAGE_CONFLICT, which names all of them, when one has the name, version and architecture of another one but other content: of one that the repo
 * has, unless that is to be replaced, or of one that is added with it; and when two versions of a source would have different archives under one name.
 */
export function planAdditions<P extends FoundPackage>(
  found: readonly P[],
  present: Iterable<StoredPackage>,
  rules: AdditionRules,
): Additions<P> {
  const added = new Map<string, P>();
  const problems: string[] = [];
  for (const one of found) {
    const label = rules.label(one.record);
    const other = added.get(label);
    if (other === undefined) added.set(label, one);
    else if (other.record.sha256 !== one.record.sha256)
      problems.push(`${label} is there twice: ${pathOf(other)} and ${pathOf(one)} differ`);
  }
  const archives = createArchiveNames();
  const same: string[] = [];
  const replaced: string[] = [];
  const kept: number[] = [];
  for (const stored of present) {
    const label = rules.label(stored);
    const one = added.get(label);
    if (one !== undefined && one.record.sha256 !== stored.sha256) {
      if (!rules.forceReplace) problems.push(`${pathOf(one)} is not the ${label} that the repo has`);
      replaced.push(label);
      continue;
    }
    if (one !== undefined) {
      same.push(label);
      added.delete(label);
    }
    archives.add(stored, label);
    kept.push(stored.id);
  }
  for (const [label, { record }] of added) archives.add(record, label);
  problems.push(...archives.problems);
  if (problems.length > 0) throw conflict(rules.repo, problems);
  return { added: [...added.values()], replaced, present: same, kept };
}

interface ArchiveNames {
  readonly problems: readonly string[];
  add(record: Omit<PackageRecord, 'record'>, label: string): void;
}

/** Archives of one source are published in one directory, under their own names. */
function createArchiveNames(): ArchiveNames {
  const known = new Map<string, { readonly sha256: string; readonly label: string }>();
  const problems: string[] = [];
  return {
    problems,
    add({ name, files = [] }, label) {
      for (const file of files) {
        const key = `${name}/${file.name}`;
        const other = known.get(key);
        if (other === undefined) known.set(key, { sha256: file.sha256, label });
        else if (other.sha256 !== file.sha256) problems.push(`${other.label} and ${label} have different archives called ${file.name}`);
      }
    },
  };
}

function pathOf({ files, record }: FoundPackage): string {
  return files[0]?.path ?? record.location;
}

function conflict(repo: string, problems: readonly string[]): MirrorError {
  return new MirrorError(
    'PACKAGE_CONFLICT',
    `repo "${repo}": nothing was added, because packages of one version differ:\n  ${shortened(problems, PROBLEMS_SHOWN, '\n  ')}`,
    {
      hint: 'Give the changed package another version; clients that have the old one will not see the difference otherwise. --force-replace replaces what the repo has.',
      details: { conflicts: problems.length },
    },
  );
}
