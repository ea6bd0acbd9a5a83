import { counted, shortened } from '../../core/counts.ts';
import type { CheckReport, MachineCheck, Reason } from '../../ops/check.ts';
import { formatBytes } from './units.ts';

/** How many packages are named that are kept from being installed by one fact. */
const NAMED = 10;

/** What was proved, a line for each package, and below it why it cannot be installed. */
export function checkText(report: CheckReport): string {
  const lines: string[] = [];
  if (report.planned) lines.push(`of the packages that the next sync of ${report.names.join(', ')} would bring:`);
  for (const machine of report.machines) {
    const suffix = report.machines.length > 1 ? ` on ${machine.architecture}` : '';
    lines.push(...installLines(machine, suffix), ...allLines(machine, suffix));
  }
  return lines.map((line) => `${line}\n`).join('');
}

function installLines({ install, together }: MachineCheck, suffix: string): string[] {
  const lines = install.flatMap((one) =>
    one.installable
      ? [`${one.asked} can be installed${suffix}: ${one.package}`]
      : [`${one.asked} cannot be installed${suffix}:`, ...reasonLines(one.reasons)],
  );
  if (together === null) return lines;
  if (together.installable) {
    const size = `${counted(together.packages.length, 'package')}, ${formatBytes(together.bytes)}`;
    return [...lines, `they can be installed together${suffix}: ${size} with all that they need`];
  }
  const which = together.conflicting.length > 0 ? together.conflicting.join(', ') : 'they';
  return [...lines, `${which} cannot be installed together${suffix}:`, ...reasonLines(together.reasons)];
}

/** Packages that the same last fact keeps from being installed are told of once, with the first one's reasons. */
function allLines({ all }: MachineCheck, suffix: string): string[] {
  if (all === null) return [];
  const { packages, broken } = all;
  const causes = Map.groupBy(broken, ({ reasons }) => reasons.at(-1)?.text ?? '');
  const lines = [...causes.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const names = others.map((other) => other.package);
    const same = others.length > 0 ? [`  for that reason also not: ${shortened(names, NAMED)}`] : [];
    return [`${first.package} cannot be installed${suffix}:`, ...reasonLines(first.reasons), ...same];
  });
  const total = counted(packages, 'package');
  if (broken.length === 0) return [`each of ${total} can be installed${suffix}`];
  return [...lines, `of ${total}, ${broken.length} cannot be installed${suffix}`];
}

function reasonLines(reasons: readonly Reason[]): string[] {
  return reasons.map(({ text }) => `  ${text}`);
}
