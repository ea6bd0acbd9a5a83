import { z } from 'zod';
import type { AptMirrorConfig } from '../../config/schema.ts';
import { debianArchitecture } from '../format/architecture.ts';
import { isFlat } from '../urls.ts';

/** The form in which a selection is remembered. What states of earlier versions lack was not taken then. */
export const selectionSchema = z.object({
  suite: z.string(),
  /** Undefined: all that the Release has. Always undefined for a flat repository. */
  components: z.array(z.string()).readonly().optional(),
  architectures: z.array(z.string()).readonly(),
  sources: z.boolean().default(false),
  udebs: z.boolean().default(false),
  installer: z.boolean().default(false),
  translations: z.array(z.string()).readonly().default([]),
  contents: z.boolean().default(false),
  dep11: z.boolean().default(false),
  cnf: z.boolean().default(false),
  /** Every form of each index, and not only the best packed. */
  verbatim: z.boolean().default(false),
});

/** The part of a mirror's configuration that decides what is needed of an upstream's metadata. */
export type Selection = z.output<typeof selectionSchema>;

/** What a mirror is configured to take. Without `architectures` that is the architecture of this machine. */
export function selectionOf(config: AptMirrorConfig, verbatim: boolean): Selection {
  const { suite, sources, withDeps, udebs, installer, translations, contents, dep11, cnf } = config;
  return {
    suite,
    components: isFlat(suite) ? undefined : config.components,
    architectures: architecturesOf(config),
    sources: sources || (typeof withDeps === 'object' && withDeps.source),
    udebs,
    installer,
    translations,
    contents,
    dep11,
    cnf,
    verbatim,
  };
}

/** The architectures of a mirror's binary packages, besides `all`. */
export function architecturesOf({ architectures }: AptMirrorConfig): readonly string[] {
  return architectures ?? [debianArchitecture(process.arch)];
}

/** Whether two selections ask for the same. */
export function sameSelection(a: Selection, b: Selection): boolean {
  const text = (selection: Selection): string => {
    const stated = Object.entries(selection).filter(([, value]) => value !== undefined);
    return JSON.stringify(stated.sort(([one], [other]) => (one < other ? -1 : 1)));
  };
  return text(a) === text(b);
}
