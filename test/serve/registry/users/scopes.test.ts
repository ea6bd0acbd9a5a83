import { describe, expect, it } from 'vitest';
import { allows, formatScopes, granted, parseScopes } from '../../../../src/serve/registry/users/scopes.ts';

const SCOPES = ['repository:team/app:pull,push', 'repository(plugin):app:*', 'registry:catalog:*'];

describe('serve/registry/users/scopes', () => {
  it('reads what clients ask for', () => {
    expect(parseScopes(SCOPES)).toEqual([
      { type: 'repository', name: 'team/app', actions: ['pull', 'push'] },
      { type: 'repository', name: 'app', actions: ['*'] },
      { type: 'registry', name: 'catalog', actions: ['*'] },
    ]);
    expect(formatScopes(parseScopes(['repository:a:pull,pull,admin', 'repository:b:delete']))).toBe(
      'repository:a:pull repository:b:delete',
    );
  });

  it.each([
    '',
    'repository:a',
    'repository:a:',
    'repository:A:pull',
    'repository:a"b:pull',
    'repository:../a:pull',
    'registry:other:*',
    'user:a:pull',
    'repository:a:admin',
  ])('passes %j over', (scope) => expect(parseScopes([scope])).toEqual([]));

  it('reads no more than any client asks for', () => {
    expect(parseScopes(Array.from({ length: 1000 }, (_, index) => `repository:a${index}:pull`))).toHaveLength(64);
  });

  it('grants users everything, and others reading', () => {
    const wanted = parseScopes([...SCOPES, 'repository:other:push,delete']);
    expect(granted(wanted, true)).toEqual(wanted);
    expect(formatScopes(granted(wanted, false))).toBe('repository:team/app:pull repository:app:pull registry:catalog:*');
  });

  it('allows what was granted, in that repository', () => {
    const grants = parseScopes(SCOPES);
    expect(allows(grants, 'team/app', 'push')).toBe(true);
    expect(allows(grants, 'team/app', 'delete')).toBe(false);
    expect(allows(grants, 'team/app/below', 'push')).toBe(false);
    expect(allows(grants, 'app', 'delete')).toBe(true);
    expect(allows(grants, 'catalog', 'push')).toBe(false);
  });
});
