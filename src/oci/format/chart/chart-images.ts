import satisfies from 'semver/functions/satisfies.js';
import { isMirrorError } from '../../../core/errors.ts';
import type { SourceProblem } from '../../content.ts';
import { entryOf, isYamlMap, mergeValues, parseChartYaml } from './chart-yaml.ts';
import { ChartFindings, type ChartImage } from './findings.ts';
import type { ChartDependency } from './metadata.ts';
import type { Chart } from './read-chart.ts';
import { findTemplateImages } from './template-images.ts';
import { findValuesImages } from './values-images.ts';

/** What a chart names, and what could not be found out. */
export interface ChartImages {
  readonly images: readonly ChartImage[];
  readonly problems: readonly SourceProblem[];
}

/** Annotations of Chart.yaml whose text is a YAML list of images. */
const ANNOTATIONS = ['images', 'artifacthub.io/images', 'helm.sh/images'];

/**
 * The images that a chart names: in annotations, in lists beside Chart.yaml, in values and in templates without expressions, and the same of its
 * subcharts that its values switch on. Nothing is rendered. What only Helm would know is a problem, not a guess.
 */
export function chartImages(chart: Chart): ChartImages {
  const findings = new ChartFindings();
  findInChart(chart, {}, findings);
  return { images: findings.images, problems: findings.problems };
}

/** @param above what the chart around it sets of the values. */
function findInChart(chart: Chart, above: unknown, findings: ChartFindings): void {
  const { what, metadata } = chart;
  findInAnnotations(chart, findings);
  for (const [name, bytes] of chart.imageLists)
    listOfImages(() => entryOf(parsed(bytes, `${what}/${name}`), 'images'), `${what}/${name}`, findings);
  const own = attempt(
    () => (chart.values === undefined ? {} : parsed(chart.values, `${what}/values.yaml`)),
    `${what}/values.yaml`,
    findings,
  );
  const values = mergeValues(isYamlMap(own) ? own : {}, above);
  const dependencies = metadata.dependencies ?? [];
  const subcharts = new Set([...chart.subcharts.map(({ metadata: { name } }) => name), ...dependencies.map(nameInValues)]);
  const context = { what: `${what}/values.yaml`, appVersion: metadata.appVersion, subcharts };
  const found = findValuesImages(values, context, findings);
  findTemplateImages(chart.templates, { what, found }, findings);
  findInSubcharts(chart, dependencies, values, findings);
}

function findInSubcharts(chart: Chart, dependencies: readonly ChartDependency[], values: unknown, findings: ChartFindings): void {
  const listed = new Set<Chart>();
  for (const dependency of dependencies) {
    const subchart = chart.subcharts.find((candidate) => isMeant(candidate, dependency));
    if (subchart !== undefined) listed.add(subchart);
    if (!isEnabled(dependency, values)) continue;
    if (subchart !== undefined) findInChart(subchart, valuesFor(nameInValues(dependency), values), findings);
    else
      findings.problem(
        `${chart.what}/Chart.yaml`,
        `it depends on ${dependency.name}, which is not in the chart: \`helm dependency build\` puts it there`,
      );
  }
  for (const subchart of chart.subcharts) {
    if (!listed.has(subchart)) findInChart(subchart, valuesFor(subchart.metadata.name, values), findings);
  }
}

function isMeant({ metadata }: Chart, { name, version }: ChartDependency): boolean {
  if (metadata.name !== name) return false;
  return version === undefined || metadata.version === version || satisfies(metadata.version, version, { includePrerelease: true });
}

function nameInValues({ name, alias }: ChartDependency): string {
  return alias ?? name;
}

/** What a chart sets for one within it, with what is global. */
function valuesFor(name: string, values: unknown): unknown {
  const section = entryOf(values, name);
  const global = entryOf(values, 'global');
  const own = isYamlMap(section) ? section : {};
  return global === undefined ? own : { ...own, global: mergeValues(entryOf(own, 'global'), global) };
}

/** As Helm has it: the first condition that is there decides, before the tags, of which one that is true suffices. */
function isEnabled({ condition, tags }: ChartDependency, values: unknown): boolean {
  for (const path of (condition ?? '').split(',')) {
    const value = path.trim().split('.').reduce<unknown>(entryOf, values);
    if (typeof value === 'boolean') return value;
  }
  const set = (tags ?? []).map((tag) => entryOf(entryOf(values, 'tags'), tag)).filter((value) => typeof value === 'boolean');
  return set.length === 0 || set.includes(true);
}

function findInAnnotations({ what, metadata }: Chart, findings: ChartFindings): void {
  for (const name of ANNOTATIONS) {
    const text = metadata.annotations?.[name];
    const where = `${what}/Chart.yaml: annotations.${name}`;
    if (text !== undefined) listOfImages(() => parsed(Buffer.from(text), where), where, findings);
  }
}

/** A list of texts, or of maps with `image`. */
function listOfImages(read: () => unknown, where: string, findings: ChartFindings): void {
  const list = attempt(read, where, findings);
  if (list === undefined || list === null) return;
  if (!Array.isArray(list)) {
    findings.problem(where, 'it is no list of images');
    return;
  }
  for (const item of list) {
    const image = isYamlMap(item) ? entryOf(item, 'image') : item;
    if (typeof image === 'string' && image !== '') findings.image(image.replace(/^docker:\/\//, ''), where);
    else findings.problem(where, 'an entry of it names no image');
  }
}

function parsed(bytes: Uint8Array, what: string): unknown {
  return parseChartYaml(bytes, what);
}

/** What is read, or undefined where that is no YAML, which is a problem then. */
function attempt(read: () => unknown, where: string, findings: ChartFindings): unknown {
  try {
    return read();
  } catch (error) {
    if (!isMirrorError(error)) throw error;
    // The message begins with the same name.
    findings.problem(where, error.message.replace(`${where}:`, ''));
    return undefined;
  }
}
