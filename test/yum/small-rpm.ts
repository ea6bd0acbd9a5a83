import { makeRpm } from './made-rpm.ts';

export interface SmallRpm {
  readonly name: string;
  readonly version?: string;
  readonly files?: readonly string[];
  readonly requires?: readonly string[];
}

/** A noarch package as small as can be, which needs nothing but what is asked for. */
export function smallRpm({ name, version = '1.0', files = [], requires = [] }: SmallRpm): Buffer {
  const slash = (path: string): number => path.lastIndexOf('/') + 1;
  const directories = [...new Set(files.map((path) => path.slice(0, slash(path))))];
  const ofFiles = {
    1028: { int32: files.map(() => 0) },
    1030: { int16: files.map(() => 0o100644) },
    1035: files.map(() => ''),
    1037: { int32: files.map(() => 0) },
    1116: { int32: files.map((path) => directories.indexOf(path.slice(0, slash(path)))) },
    1117: files.map((path) => path.slice(slash(path))),
    1118: directories,
  };
  const ofRequires = {
    1048: { int32: requires.map(() => 0) },
    1049: requires,
    1050: requires.map(() => ''),
  };
  return makeRpm({
    entries: {
      100: ['C'],
      1000: name,
      1001: version,
      1002: '1',
      1004: { translations: [`the ${name} package`] },
      1005: { translations: ['Made for a test.'] },
      1006: { int32: [1_700_000_000] },
      1009: { int32: [0] },
      1014: 'MIT',
      1021: 'linux',
      1022: 'noarch',
      1044: `${name}-${version}-1.src.rpm`,
      1047: [name],
      1112: { int32: [8] },
      1113: [`${version}-1`],
      1080: { int32: [1_690_000_000] },
      1081: ['A Packager <a@example.com> - 1.0-1'],
      1082: ['- made'],
      ...(files.length === 0 ? {} : ofFiles),
      ...(requires.length === 0 ? {} : ofRequires),
    },
  });
}
