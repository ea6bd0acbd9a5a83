/** The keys of `data` that are read. */
const READ = new Set(['name', 'module', 'stream', 'version', 'context', 'arch', 'dependencies', 'artifacts']);
const KEY = /^( *)([A-Za-z_]+):(?=[ \t\r\n]|$)/;
/** A further key of the document, or its end. libyaml writes the last quote of some values without indentation. */
const AFTER_DATA = /^(?:[A-Za-z_][\w-]*:(?=[ \t\r\n]|$)|\.\.\.)/;
const DATA = /^data:[ \t]*\r?\n/m;
const ARTIFACTS = /^ +artifacts:[ \t]*\r?\n +rpms:[ \t]*\r?\n((?: +- [A-Za-z0-9][\w.+~^:-]*[ \t]*\r?\n)+)$/;

/** A document of a modules file without what is not read of it. */
export interface ReducedModulemd {
  readonly rest: string;
  /** The packages of the module, where the list of them is written plainly; `rest` has it otherwise. */
  readonly artifacts: readonly string[] | undefined;
}

/**
 * Leaves out the keys of `data` that are not read, which are most of a modules file, as parsing them takes long. This goes by indentation: in a
 * block of YAML what belongs to a key is indented further than it, or is a list with its dashes below it. Any other way of
 * writing is left as it is.
 */
export function reduceModulemd(text: string): ReducedModulemd {
  const whole = { rest: text, artifacts: undefined };
  const data = DATA.exec(text);
  if (data === null) return whole;
  const begin = data.index + data[0].length;
  let rest = text.slice(0, begin);
  let artifacts: readonly string[] | undefined;
  let indentation: string | undefined;
  let block = '';
  let isRead = true;
  const finish = (): void => {
    const plain = ARTIFACTS.exec(block);
    if (plain !== null)
      artifacts = plain[1]
        ?.trim()
        .split(/\s*- |\s+/)
        .filter((word) => word !== '' && word !== '-');
    else if (isRead) rest += block;
    block = '';
  };
  for (const line of text.slice(begin).split(/(?<=\n)/)) {
    // A comment or a blank line may stand anywhere.
    const isKey = line.startsWith(' ') ? KEY.exec(line) : null;
    if (indentation === undefined && isKey !== null) indentation = isKey[1];
    if (AFTER_DATA.test(line)) {
      finish();
      isRead = true;
    } else if (isKey !== null && isKey[1] === indentation) {
      finish();
      isRead = READ.has(isKey[2] ?? '');
    } else if (indentation === undefined && line.trim() !== '') return whole;
    block += line;
  }
  finish();
  return { rest, artifacts };
}
