import { MirrorError } from '../core/errors.ts';

/** Ids in rising order without repetitions, as the differences between them in LEB128: most take one byte. */
export function packIds(sorted: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(sorted.length * 8);
  let at = 0;
  let previous = 0;
  for (const id of sorted) {
    let difference = id - previous;
    previous = id;
    while (difference > 127) {
      bytes[at++] = (difference % 128) | 128;
      difference = Math.floor(difference / 128);
    }
    bytes[at++] = difference;
  }
  return Buffer.from(bytes.subarray(0, at));
}

/** What `packIds` packed. Throws BLOB_CORRUPT when the bytes are not `count` rising ids. */
export function unpackIds(bytes: Uint8Array, count: number): number[] {
  const ids: number[] = [];
  let difference = 0;
  let scale = 1;
  let previous = 0;
  for (const byte of bytes) {
    difference += (byte & 127) * scale;
    if (byte >= 128) {
      scale *= 128;
      continue;
    }
    const id = previous + difference;
    if (difference === 0 || !Number.isSafeInteger(id)) throw damaged('its ids do not rise');
    ids.push(id);
    previous = id;
    difference = 0;
    scale = 1;
  }
  if (scale !== 1) throw damaged('it is cut short');
  if (ids.length !== count) throw damaged(`it has ${ids.length} members and should have ${count}`);
  return ids;
}

function damaged(why: string): MirrorError {
  return new MirrorError('BLOB_CORRUPT', `a package list in the state database is damaged: ${why}`, {
    hint: 'Restore state.db from a backup, or remove it and sync again.',
  });
}
