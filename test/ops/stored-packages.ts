import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FamilyName } from '../../src/config/schema.ts';
import type { OperationContext } from '../../src/ops/context.ts';
import { snapshotPackages } from '../../src/ops/snapshot-packages.ts';
import type { PackageRecord, Supplement } from '../../src/store/catalogue.ts';
import { packageOf } from '../apt/format/packages-on-disk.ts';

/** An apt package: its `name_version_architecture`, and further fields. */
export interface PackageSpec {
  readonly label: string;
  readonly fields: Readonly<Record<string, string>>;
}

export function pkg(label: string, fields: Readonly<Record<string, string>> = {}): PackageSpec {
  return { label, fields };
}

function controlOf({ label, fields }: PackageSpec): string {
  const [Package = '', Version = '', Architecture = ''] = label.split('_');
  const all = { Package, Version, Architecture, Maintainer: 'Nobody <nobody@example.com>', Description: 'of a test', ...fields };
  return Object.entries(all)
    .map(([field, value]) => `${field}: ${value}\n`)
    .join('');
}

/** The package as a file in a folder; gives its path. */
export function writePackage(folder: string, spec: PackageSpec): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${spec.label}.deb`);
  writeFileSync(path, packageOf({ control: controlOf(spec) }));
  return path;
}

export interface SnapshotOptions {
  readonly family?: FamilyName;
  readonly supplements?: readonly Supplement[];
  readonly checked?: { readonly metadata: boolean; readonly packages: boolean };
}

/** What is stored of the package. */
export function storedPackage(spec: PackageSpec): PackageRecord {
  const [name = '', version = '', architecture = ''] = spec.label.split('_');
  const content = packageOf({ control: controlOf(spec) });
  const sha256 = createHash('sha256').update(content).digest('hex');
  const location = `pool/${spec.label}.deb`;
  const record = Buffer.from(`${controlOf(spec)}Filename: ${location}\nSize: ${content.length}\nSHA256: ${sha256}\n`);
  return { name, version, architecture, sha256, size: content.length, location, record };
}

/** Stores a snapshot of these packages, whose files are not there. */
export function putSnapshot(name: string, specs: readonly PackageSpec[], context: OperationContext, options: SnapshotOptions = {}): void {
  const { family = 'apt', supplements = [], checked = { metadata: true, packages: false } } = options;
  const records = specs.map(storedPackage);
  const list = context.catalogue.saveList(family, context.catalogue.addPackages(family, records));
  const contents = { list, supplements, checked, keys: [{ fingerprint: 'AB'.repeat(20), armored: name }] };
  context.catalogue.addSnapshot({ name, family, contents, createdAt: 0, description: '', from: [] });
}

/** The packages of a snapshot, sorted by their text. */
export function packagesOf(name: string, { catalogue }: OperationContext): string[] {
  return snapshotPackages(name, catalogue).sort();
}
