import { describe, expect, it } from 'vitest';
import { parseKetPlan } from '../../../src/oci/format/ket-plan.ts';

describe('oci/format/ket-plan', () => {
  it('reads the version of Kubernetes and the registry', () => {
    const plan = `cluster:
  name: kubernetes
  version: v1.10.5
  disconnected_installation: true
docker_registry:
  server: registry.example.com:8443
  CA: /certs/ca.crt
  username: kismaticuser
  password: 01234
etcd: { expected_count: 1 }
`;
    expect(parseKetPlan(plan, 'plan')).toEqual({
      kubernetesVersion: 'v1.10.5',
      registry: { server: 'registry.example.com:8443', ca: '/certs/ca.crt', username: 'kismaticuser', password: '01234' },
    });
  });

  it('takes empty values as left out, and the old form of the address', () => {
    const plan = 'cluster: { version: "" }\ndocker_registry: { server: "", address: 10.0.0.1, port: 8443, CA: "", username: }\n';
    expect(parseKetPlan(plan, 'plan')).toEqual({
      kubernetesVersion: undefined,
      registry: { server: '10.0.0.1:8443', ca: undefined, username: undefined, password: undefined },
    });
    expect(parseKetPlan('etcd: {}\n', 'plan')).toEqual({ kubernetesVersion: undefined, registry: undefined });
  });

  it('says where it is malformed', () => {
    expect(() => parseKetPlan('cluster: [a]\n', 'plan')).toThrow('plan:1:10: cluster: a list stands here');
    expect(() => parseKetPlan('cluster: {\n', 'plan')).toThrow(/^plan:\d+:\d+: /);
    expect(() => parseKetPlan('- a\n', 'plan')).toThrow('plan:1:1');
  });
});
