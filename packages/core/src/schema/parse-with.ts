import { RunctlSchemaError } from '../errors/schema-error.ts';
import { type InferOutput, type SchemaLike, standardSchemaOf } from './schema-like.ts';

type Issue = { message: string; path?: readonly (PropertyKey | { key: PropertyKey })[] };

/**
 * Checks a value with the caller's schema and returns what the schema makes of it, transforms applied. Plain JSON Schema
 * checks nothing here: the server already has.
 *
 * @throws {RunctlSchemaError} the value does not fit; the error has the schema's issues and the value
 */
export async function parseWith<S extends SchemaLike>(schema: S, value: unknown): Promise<InferOutput<S>> {
  const standard = standardSchemaOf(schema);
  if (!standard) return value as InferOutput<S>;
  let result: { value?: unknown; issues?: readonly Issue[] };
  try {
    result = (await standard['~standard'].validate(value)) as typeof result;
  } catch (cause) {
    // A refinement of the caller's own that did not expect such a value.
    throw mismatch(value, [{ message: 'The schema itself threw; see `cause`.', path: [] }], cause);
  }
  if (!result.issues) return result.value as InferOutput<S>;
  throw mismatch(value, result.issues.map(plainIssue));
}

function mismatch(value: unknown, issues: RunctlSchemaError['issues'], cause?: unknown): RunctlSchemaError {
  const [first] = issues;
  const where = first && first.path.length > 0 ? ` at ${first.path.map(String).join('.')}` : '';
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return new RunctlSchemaError(
    `The result does not fit the schema${where}: ${first?.message ?? 'no reason given'}${more}`,
    {
      issues,
      value,
      cause,
    },
  );
}

function plainIssue({ message, path = [] }: Issue): { message: string; path: readonly PropertyKey[] } {
  return { message, path: path.map((part) => (typeof part === 'object' ? part.key : part)) };
}
