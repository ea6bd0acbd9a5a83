/** A module of a test. */
export interface GivenModule {
  readonly name?: string;
  readonly stream?: string;
  readonly version?: string;
  readonly context?: string;
  /** A flow map of YAML. */
  readonly requires?: string;
  /** `name-epoch:version-release.arch`. */
  readonly artifacts?: readonly string[];
}

/** A modulemd document of version 2. */
export function modulemd({ name = 'm', stream = '1', version = '1', context = 'c', requires = '{}', artifacts = [] }: GivenModule): string {
  const list = artifacts.length === 0 ? '' : `  artifacts:\n    rpms:\n${artifacts.map((entry) => `    - ${entry}\n`).join('')}`;
  return `---
document: modulemd
version: 2
data:
  name: ${name}
  stream: "${stream}"
  version: ${version}
  context: ${context}
  arch: x86_64
  summary: A module
  description: A module
  license:
    module: [MIT]
  dependencies:
  - requires: ${requires}
${list}...
`;
}

export function moduleDefaults(name: string, stream: string): string {
  return `---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: ${name}\n  stream: "${stream}"\n...\n`;
}

export function moduleObsoletes(name: string, stream: string): string {
  return `---\ndocument: modulemd-obsoletes\nversion: 1\ndata:\n  module: ${name}\n  stream: "${stream}"\n  message: gone\n...\n`;
}
