import type { ValidationIssue } from '@runctl/core';
import type { ZodType, z } from 'zod';
import { invalid } from '../services/failure.ts';

/** Issues that are told of one request. */
const mostIssues = 50;

/** Names a place in the request. */
type PathText = (path: readonly PropertyKey[]) => string;

/** `/tools/0/name` */
export const bodyPath: PathText = (path) =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** The name of the parameter. */
export const queryPath: PathText = (path) => String(path[0] ?? '');

/** Checks a value from outside. @throws {Failure} `request.invalid`, each issue with its place */
export function check(schema: ZodType, value: unknown, pathText: PathText): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.flatMap((issue) => tell(issue, [], pathText));
  throw invalid(issues.slice(0, mostIssues));
}

function tell(issue: z.core.$ZodIssue, within: readonly PropertyKey[], pathText: PathText): ValidationIssue[] {
  const path = [...within, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: pathText([...path, key]),
      code: 'unknown_field',
      message: `Unknown field: ${key.slice(0, 100)}`,
    }));
  }
  if (issue.code === 'invalid_union') {
    const closest = closestBranch(issue.errors);
    if (closest.length > 0) return closest.flatMap((inner) => tell(inner, path, pathText));
  }
  if (issue.code === 'invalid_key') return issue.issues.flatMap((inner) => tell(inner, path, pathText));
  return [{ path: pathText(path), code: issue.code, message: issue.message }];
}

/** Of a union's branches, the one whose type fits: its issues are deeper inside. */
function closestBranch(branches: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] {
  const isOfOtherType = (branch: readonly z.core.$ZodIssue[]) =>
    branch.length === 1 && branch[0]?.code === 'invalid_type' && branch[0].path.length === 0;
  return branches.find((branch) => !isOfOtherType(branch)) ?? [];
}
