import type { BitReader } from './bzip2-bits.ts';

/** The block sorted by rotations: for each position the byte, and above it the position that comes next. */
export interface SortedBlock {
  readonly links: Uint32Array;
  readonly count: number;
  readonly first: number;
}

interface CodeTable {
  /** The last code of each length, in the order of codes. */
  readonly limits: Int32Array;
  /** What to take from a code of each length to get its place among the symbols. */
  readonly offsets: Int32Array;
  readonly symbols: Uint16Array;
  readonly shortest: number;
  readonly longest: number;
}

const MAX_CODE_LENGTH = 20;
const SYMBOLS_PER_GROUP = 50;

/**
 * One block after its checksum, as far as the inverse of the sorting needs it. bzip2 has no specification; this is the format of the
 * bzip2 1.0 program, without its obsolete randomised blocks.
 * @param links as long as the stream's blocks may be.
 * @param damaged makes the error for what cannot be right.
 */
export function readBlock(bits: BitReader, links: Uint32Array, damaged: (why: string) => Error): SortedBlock {
  if (bits.read(1) === 1) throw damaged('it has a randomised block, which no bzip2 of this century writes');
  const start = bits.read(24);
  const used = readUsedBytes(bits);
  if (used.length === 0) throw damaged('a block has no bytes');
  const tableCount = bits.read(3);
  if (tableCount < 2 || tableCount > 6) throw damaged('a block has a wrong number of code tables');
  const selectors = readSelectors(bits, tableCount, damaged);
  const tables = Array.from({ length: tableCount }, () => readCodeTable(bits, used.length + 2, damaged));
  const count = readSymbols(bits, { selectors, tables, used, links }, damaged);
  if (start >= count) throw damaged('a block begins outside itself');
  linkPositions(links, count);
  return { links, count, first: start };
}

function readUsedBytes(bits: BitReader): Uint8Array {
  const used: number[] = [];
  const rows = bits.read(16);
  for (let row = 0; row < 16; row++) {
    if ((rows & (0x8000 >> row)) === 0) continue;
    const columns = bits.read(16);
    for (let column = 0; column < 16; column++) if ((columns & (0x8000 >> column)) !== 0) used.push(row * 16 + column);
  }
  return Uint8Array.from(used);
}

/** Which table each group of 50 symbols is coded with. */
function readSelectors(bits: BitReader, tableCount: number, damaged: (why: string) => Error): Uint8Array {
  const count = bits.read(15);
  if (count === 0) throw damaged('a block has no selectors');
  const recent = Array.from({ length: tableCount }, (_, index) => index);
  const selectors = new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    let place = 0;
    while (bits.read(1) === 1) place++;
    const [table] = recent.splice(place, 1);
    if (table === undefined) throw damaged('a block selects a code table that it does not have');
    recent.unshift(table);
    selectors[index] = table;
  }
  return selectors;
}

function readCodeTable(bits: BitReader, symbolCount: number, damaged: (why: string) => Error): CodeTable {
  const lengths = new Uint8Array(symbolCount);
  let length = bits.read(5);
  for (let symbol = 0; symbol < symbolCount; symbol++) {
    for (;;) {
      if (length < 1 || length > MAX_CODE_LENGTH) throw damaged('a code has a wrong length');
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  const longest = Math.max(...lengths);
  const limits = new Int32Array(MAX_CODE_LENGTH + 1).fill(-1);
  const offsets = new Int32Array(MAX_CODE_LENGTH + 1);
  const symbols: number[] = [];
  let code = 0;
  for (let size = 1; size <= longest; size++) {
    offsets[size] = code - symbols.length;
    for (let symbol = 0; symbol < symbolCount; symbol++) {
      if (lengths[symbol] === size) {
        symbols.push(symbol);
        code++;
      }
    }
    limits[size] = code - 1;
    code <<= 1;
  }
  return { limits, offsets, symbols: Uint16Array.from(symbols), shortest: Math.min(...lengths), longest };
}

interface SymbolContext {
  readonly selectors: Uint8Array;
  readonly tables: readonly CodeTable[];
  readonly used: Uint8Array;
  readonly links: Uint32Array;
}

/** Undoes the coding, the runs and the move-to-front: fills `links` with bytes and says how many. */
function readSymbols(bits: BitReader, { selectors, tables, used, links }: SymbolContext, damaged: (why: string) => Error): number {
  const recent = Uint8Array.from(used);
  const end = used.length + 1;
  let count = 0;
  let run = 0;
  let runWeight = 1;
  let group = -1;
  let inGroup = 0;
  let table: CodeTable | undefined;
  for (;;) {
    if (inGroup === 0) {
      table = tables[selectors[++group] ?? tables.length];
      inGroup = SYMBOLS_PER_GROUP;
    }
    inGroup--;
    if (table === undefined) throw damaged('a block has more symbols than its selectors allow');
    const symbol = readSymbol(bits, table, damaged);
    if (symbol <= 1) {
      run += runWeight << symbol;
      runWeight <<= 1;
      if (run > links.length) throw damaged('a block is longer than the file says');
      continue;
    }
    if (run > 0) {
      if (count + run > links.length) throw damaged('a block is longer than the file says');
      links.fill(recent[0] ?? 0, count, count + run);
      count += run;
      run = 0;
      runWeight = 1;
    }
    if (symbol === end) return count;
    if (count === links.length) throw damaged('a block is longer than the file says');
    const place = symbol - 1;
    const byte = recent[place] ?? 0;
    recent.copyWithin(1, 0, place);
    recent[0] = byte;
    links[count++] = byte;
  }
}

function readSymbol(bits: BitReader, table: CodeTable, damaged: (why: string) => Error): number {
  let length = table.shortest;
  let code = bits.read(length);
  while (code > (table.limits[length] ?? -1)) {
    if (++length > table.longest) throw damaged('a code stands for nothing');
    code = (code << 1) | bits.read(1);
  }
  const symbol = table.symbols[code - (table.offsets[length] ?? 0)];
  if (symbol === undefined) throw damaged('a code stands for nothing');
  return symbol;
}

/** The inverse of the sorting: into the upper bits of each position goes the one that follows it. */
function linkPositions(links: Uint32Array, count: number): void {
  const places = new Uint32Array(256);
  for (let at = 0; at < count; at++) {
    const byte = (links[at] ?? 0) & 0xff;
    places[byte] = (places[byte] ?? 0) + 1;
  }
  let sum = 0;
  for (let byte = 0; byte < 256; byte++) {
    const size = places[byte] ?? 0;
    places[byte] = sum;
    sum += size;
  }
  for (let at = 0; at < count; at++) {
    const byte = (links[at] ?? 0) & 0xff;
    const place = places[byte] ?? 0;
    places[byte] = place + 1;
    links[place] = (links[place] ?? 0) | (at << 8);
  }
}
