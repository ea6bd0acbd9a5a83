import { z } from 'zod';
import type { YamlSource } from '../../config/yaml-source.ts';
import { listInvalid, readBy } from './list-document.ts';
import type { ListItem } from './list-item.ts';

/** What KET installs where its plan file names no version. */
const KUBERNETES_VERSION = 'v1.10.5';
/** KET's own has 30. */
const MAX_IMAGES = 2000;
/** The images whose version is that of Kubernetes, whatever the manifest says. */
const OF_KUBERNETES: ReadonlySet<string> = new Set(['kube_proxy', 'kube_controller_manager', 'kube_scheduler', 'kube_apiserver']);

const manifestSchema = z.looseObject({
  official_images: z.record(z.string(), z.looseObject({ name: z.string().min(1), version: z.string().default('') })),
});

/**
 * The images of a KET manifest (container_images.yaml), as `kismatic seed-registry --list-only` prints them.
 * @param kubernetesVersion of the plan file; KET's own where it is undefined.
 * @throws LIST_INVALID where it is malformed as a whole.
 */
export function ketManifestItems(source: YamlSource, what: string, kubernetesVersion: string = KUBERNETES_VERSION): ListItem[] {
  const { official_images: images } = readBy(manifestSchema, source.value, source, what);
  const entries = Object.entries(images);
  if (entries.length > MAX_IMAGES)
    throw listInvalid(what, source.position(['official_images'], 'key'), `it has ${entries.length} images, more than any manifest of KET`);
  return entries.map(([key, { name, version: written }]) => {
    const where = `${what}:${source.position(['official_images', key], 'key').line}`;
    const version = OF_KUBERNETES.has(key) ? kubernetesVersion : written;
    if (version === '') return { where, reason: `${key} has no version` };
    if (version.includes('{{') || name.includes('{{'))
      return { where, reason: `${key} has a template in it, and no value for it is known: ${name}:${version}` };
    return { where, item: `${name}:${version}` };
  });
}
