import { z } from 'zod';
import type { KeyPath } from './yaml-source.ts';

/**
 * The keys that a schema allows at a path, as far as the value itself tells which alternative is meant (the `type` of a mirror).
 * Empty where any key is allowed, or none.
 */
export function knownKeys(schema: z.core.$ZodType, value: unknown, path: KeyPath): string[] {
  const [segment, ...rest] = path;
  const objects = objectsOf(schema, value);
  if (segment === undefined) return [...new Set(objects.flatMap((object) => Object.keys(object.shape)))];
  const below = valueAt(value, [segment]);
  return [...new Set(childrenOf(schema, value, segment).flatMap((child) => knownKeys(child, below, rest)))];
}

/** The value at a path, or undefined. */
export function valueAt(value: unknown, path: KeyPath): unknown {
  let current = value;
  for (const segment of path) {
    if (current === null || typeof current !== 'object' || !Object.hasOwn(current, segment)) return undefined;
    current = (current as Record<string | number, unknown>)[segment];
  }
  return current;
}

/** The alternatives of a schema that are neither wrappers nor unions. */
function alternatives(schema: z.core.$ZodType, value: unknown): z.core.$ZodType[] {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  ) {
    return alternatives(schema.def.innerType, value);
  }
  if (schema instanceof z.ZodPipe) {
    return alternatives(schema.def.in instanceof z.ZodTransform ? schema.def.out : schema.def.in, value);
  }
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const wanted = valueAt(value, [schema.def.discriminator]);
    const options: z.core.$ZodType[] = [...schema.def.options];
    const chosen = options.filter((option) => option instanceof z.ZodObject && accepts(option.shape[schema.def.discriminator], wanted));
    return (chosen.length > 0 ? chosen : options).flatMap((option) => alternatives(option, value));
  }
  if (schema instanceof z.ZodUnion) return schema.def.options.flatMap((option) => alternatives(option, value));
  return [schema];
}

function accepts(schema: unknown, value: unknown): boolean {
  return schema instanceof z.ZodLiteral && schema.values.has(value as string);
}

function objectsOf(schema: z.core.$ZodType, value: unknown): z.ZodObject[] {
  return alternatives(schema, value).filter((alternative) => alternative instanceof z.ZodObject);
}

function childrenOf(schema: z.core.$ZodType, value: unknown, segment: string | number): z.core.$ZodType[] {
  return alternatives(schema, value).flatMap((alternative): z.core.$ZodType[] => {
    if (alternative instanceof z.ZodObject) {
      const child: unknown = Object.hasOwn(alternative.shape, segment) ? alternative.shape[segment] : undefined;
      return child instanceof z.ZodType ? [child] : [];
    }
    if (alternative instanceof z.ZodRecord) return [alternative.def.valueType];
    if (alternative instanceof z.ZodArray) return [alternative.def.element];
    return [];
  });
}
