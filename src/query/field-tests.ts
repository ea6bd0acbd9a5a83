import { valueTest } from './matcher.ts';
import type { Query } from './query.ts';
import type { CompareVersions } from './subject.ts';

/** What a query asks of one field. */
export interface FieldTest {
  /** As the query writes it. */
  readonly field: string;
  /** Whether a value, or an entry of a field that is a list, is as wanted. */
  readonly test: (value: string) => boolean;
}

/** What a query asks of fields, term by term, whether negated or not. A field without a condition asks for any value. */
export function fieldTests(query: Query, compareVersions: CompareVersions): FieldTest[] {
  switch (query.kind) {
    case 'and':
    case 'or':
      return query.operands.flatMap((operand) => fieldTests(operand, compareVersions));
    case 'not':
      return fieldTests(query.operand, compareVersions);
    case 'field': {
      const { field, condition } = query;
      return [{ field, test: condition === undefined ? (value) => value !== '' : valueTest(field, condition, compareVersions) }];
    }
    default:
      return [];
  }
}
