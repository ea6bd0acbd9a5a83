import { z } from 'zod';
import { MirrorError } from '../../../core/errors.ts';
import { parseChartYaml, UnquotedNumber } from './chart-yaml.ts';

/** Of texts Helm takes what was written as a number or a boolean as well. */
const text = z.preprocess((value) => {
  if (value instanceof UnquotedNumber) return numberText(value.written);
  return typeof value === 'boolean' ? String(value) : value;
}, z.string());
const optional = text.nullish().transform((value) => (value == null || value === '' ? undefined : value));
const texts = z.array(text).nullish();

const dependency = z.looseObject({
  name: text,
  version: optional,
  repository: text.nullish(),
  condition: optional,
  tags: texts,
  'import-values': z.array(z.unknown()).nullish(),
  alias: optional,
});

const metadataSchema = z.looseObject({
  name: text.refine((name) => /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name), 'a name of letters, digits, ".", "_" and "-"'),
  home: optional,
  sources: texts,
  version: text.refine((version) => /^v?\d[\w.+-]*$/.test(version), 'a version'),
  description: optional,
  keywords: texts,
  maintainers: z.array(z.looseObject({ name: optional, email: optional, url: optional })).nullish(),
  icon: optional,
  apiVersion: optional,
  condition: optional,
  tags: optional,
  appVersion: optional,
  deprecated: z.boolean().nullish(),
  annotations: z.record(z.string(), text).nullish(),
  kubeVersion: optional,
  dependencies: z.array(dependency).nullish(),
  type: optional,
});

const requirementsSchema = z.looseObject({ dependencies: z.array(dependency).nullish() });

/** What Chart.yaml says. */
export type ChartMetadata = z.output<typeof metadataSchema>;
export type ChartDependency = z.output<typeof dependency>;

/**
 * Reads Chart.yaml, and with it the requirements.yaml that charts before Helm 3 have. Throws LIST_INVALID.
 * @param what names the chart in errors.
 */
export function parseChartMetadata(chartYaml: Uint8Array, requirements: Uint8Array | undefined, what: string): ChartMetadata {
  const metadata = read(metadataSchema, chartYaml, `${what}/Chart.yaml`);
  if (requirements === undefined) return metadata;
  return { ...metadata, dependencies: read(requirementsSchema, requirements, `${what}/requirements.yaml`).dependencies };
}

function read<T extends z.ZodType>(schema: T, bytes: Uint8Array, what: string): z.output<T> {
  const result = schema.safeParse(parseChartYaml(bytes, what));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new MirrorError('LIST_INVALID', `${what}: ${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'it is malformed'}`);
}

/** A number as Go writes it, which Helm makes a text of: integers as they are, others in their shortest form. */
function numberText(written: string): string {
  if (/^[-+]?\d+$/.test(written)) return String(BigInt(written));
  const number = Number(written);
  const exponent = Math.floor(Math.log10(Math.abs(number)));
  if (number === 0 || (exponent >= -4 && exponent < 21)) return String(number);
  return number.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}
