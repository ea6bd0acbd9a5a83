/**
 * Where bytes are. Bytes of a compressed archive have a place, too, by which they are found again when it is read anew: `stream` names the stream
 * that `offset` counts in then.
 */
export interface Place {
  /** The path of the file; of what is compressed, that and where in it. */
  readonly stream: string;
  /** In bytes. */
  readonly offset: number;
  /** Whether `stream` is a file that can be read at any offset. */
  readonly direct: boolean;
}

/** A file, or a link, of an archive or directory while its reader is at it. */
export interface ArchivedFile {
  /** Relative, without `.`, `..` and empty segments. */
  readonly name: string;
  readonly type: 'file' | 'symlink' | 'hardlink';
  /** In bytes; of a link 0. */
  readonly size: number;
  /** What a link names, as it is written. */
  readonly target: string;
  readonly place: Place;
  /** Its bytes, to be read before the next file. */
  readonly content: AsyncIterable<Buffer>;
}

/** A place as a key. */
export function placeKey({ stream, offset }: Place): string {
  return `${offset} ${stream}`;
}
