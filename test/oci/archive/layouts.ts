import { createHash } from 'node:crypto';
import { tarArchive, tarEntry } from '../../codec/tar-archive.ts';

/** A descriptor as it is written. */
export interface WrittenDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: { readonly os: string; readonly architecture: string };
}

const TYPE = 'application/vnd.oci.image.';
export const INDEX_TYPE = `${TYPE}index.v1+json`;
export const MANIFEST_TYPE = `${TYPE}manifest.v1+json`;
export const CONFIG_TYPE = `${TYPE}config.v1+json`;
export const LAYER_TYPE = `${TYPE}layer.v1.tar+gzip`;
const VERSION_FILE = '{"imageLayoutVersion":"1.0.0"}';

/** The files of an OCI layout while it is made. Nothing is checked, so that wrong ones can be made, too. */
export class Layout {
  readonly files = new Map<string, Buffer>([['oci-layout', Buffer.from(VERSION_FILE)]]);

  /** Adds a blob and gives its descriptor. */
  blob(content: string | Buffer | object, mediaType: string, rest: object = {}): WrittenDescriptor {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
    const encoded = createHash('sha256').update(bytes).digest('hex');
    this.files.set(`blobs/sha256/${encoded}`, bytes);
    return { mediaType, digest: `sha256:${encoded}`, size: bytes.length, ...rest };
  }

  /** Adds an image of one platform with layers of these contents. */
  image(layers: readonly (string | Buffer)[], rest: object = {}, architecture = 'amd64'): WrittenDescriptor {
    const config = this.blob({ architecture, os: 'linux', rootfs: { type: 'layers', diff_ids: [] } }, CONFIG_TYPE);
    const document = { schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers: layers.map((layer) => this.blob(layer, LAYER_TYPE)) };
    return this.blob(document, MANIFEST_TYPE, rest);
  }

  /** Adds an index. */
  list(manifests: readonly WrittenDescriptor[], rest: object = {}): WrittenDescriptor {
    return this.blob({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests }, INDEX_TYPE, rest);
  }

  /** Writes index.json. */
  done(manifests: readonly object[]): this {
    this.files.set('index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })));
    return this;
  }

  tar(): Buffer {
    return tarOf(this.files);
  }
}

/** A tar archive of some files. */
export function tarOf(files: Iterable<readonly [string, Uint8Array]>): Buffer {
  return tarArchive(...[...files].map(([path, content]) => tarEntry({ path, content })));
}

/** A layout of one named image in two platforms. */
export function twoPlatforms(name: string, layer = name): Layout {
  const layout = new Layout();
  const children = ['amd64', 'arm64'].map((architecture) =>
    layout.image([`${layer} ${architecture}`, 'base'], { platform: { os: 'linux', architecture } }, architecture),
  );
  return layout.done([layout.list(children, { annotations: { 'org.opencontainers.image.ref.name': name } })]);
}
