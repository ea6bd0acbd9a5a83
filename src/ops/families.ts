import { aptFamily } from '../apt/family.ts';
import type { FamilyName, MirrorConfig } from '../config/schema.ts';
import type { Family } from '../family/family.ts';
import type { Candidate } from '../solve/universe.ts';
import { yumFamily } from '../yum/family.ts';

const FAMILIES: Readonly<Record<FamilyName, Family<MirrorConfig, Candidate>>> = { apt: aptFamily, yum: yumFamily };

/** The family of this name. */
export function familyNamed(name: FamilyName): Family<MirrorConfig, Candidate> {
  return FAMILIES[name];
}

/** All families but one. */
export function otherFamilies(name: FamilyName): Family<MirrorConfig, Candidate>[] {
  return Object.values(FAMILIES).filter((family) => family.name !== name);
}

/** The family that a mirror is of. */
export function familyOf(mirror: MirrorConfig): Family<MirrorConfig, Candidate> {
  return FAMILIES[mirror.type];
}
