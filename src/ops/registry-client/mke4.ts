import { stringify } from 'yaml';
import type { ClientParts } from '../client.ts';
import { type ClientRegistry, isPlain, placeOf } from './registry-address.ts';

/** The part of an mke4.yaml that has MKE 4k take images and charts from the registry. */
export function mke4Client(registry: ClientRegistry): ClientParts {
  const place = placeOf(registry);
  const cluster = {
    spec: {
      registries: { imageRegistry: { URL: place }, chartRegistry: { URL: `oci://${place}` } },
      airgap: { enabled: true },
    },
  };
  const notes = ['The same keys in mke4.yaml are to have these values; then run `mkectl apply`.'];
  if (isPlain(registry))
    notes.push(
      `WARNING: MKE 4k takes images by HTTPS only, from a server whose certificate is of a publicly trusted authority, and ${registry.url} is plain HTTP: see serve.tls.`,
    );
  else if (registry.ca !== undefined)
    notes.push('WARNING: MKE 4k does not take certificates of a private authority: the registry needs one that is publicly trusted.');
  if (registry.username !== undefined) notes.push('WARNING: MKE 4k pulls without a user name: pulling must be open to everyone.');
  return { files: [{ path: 'mke4.yaml', content: stringify(cluster), encoding: 'text', merge: true }], commands: [], notes };
}
