import { z } from 'zod';
import { listText, parseTextYaml, readBy } from './list-document.ts';

/** What the plan file of a KET cluster says of its images. */
export interface KetPlan {
  /** Of Kubernetes, with the `v`; undefined where KET takes its own. */
  readonly kubernetesVersion?: string | undefined;
  /** `docker_registry`, where it names one. */
  readonly registry?: KetRegistry | undefined;
}

export interface KetRegistry {
  /** Host, port and perhaps a path. */
  readonly server: string;
  /** A file of certificate authorities, on this machine and on the nodes. */
  readonly ca?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** A key that is there without a value is as good as left out. */
const optionalText = z
  .string()
  .transform((value) => (value === '' || value === '~' || value === 'null' ? undefined : value))
  .optional();

const planSchema = z.looseObject({
  cluster: z.looseObject({ version: optionalText }).optional(),
  docker_registry: z
    .looseObject({
      server: optionalText,
      address: optionalText,
      port: optionalText,
      CA: optionalText,
      username: optionalText,
      password: optionalText,
    })
    .optional(),
});

/**
 * Reads a plan file (kismatic-cluster.yaml). A server is given as `server`, or as `address` and `port` by old ones.
 * Throws LIST_INVALID, which has line and column.
 */
export function parseKetPlan(text: string, what: string): KetPlan {
  const source = parseTextYaml(listText(text, what), what);
  const { cluster, docker_registry: registry } = readBy(planSchema, source.value, source, what);
  const server = registry?.server ?? joinAddress(registry?.address, registry?.port);
  return {
    kubernetesVersion: cluster?.version,
    registry:
      server === undefined
        ? undefined
        : { server: server.replace(/\/+$/, ''), ca: registry?.CA, username: registry?.username, password: registry?.password },
  };
}

function joinAddress(address: string | undefined, port: string | undefined): string | undefined {
  return address === undefined || port === undefined ? undefined : `${address}:${port}`;
}
