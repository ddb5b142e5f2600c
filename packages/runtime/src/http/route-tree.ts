import type { ParamIndexMap, Result, Router } from 'hono/router';

/** What Hono calls every method. */
const anyMethod = 'ALL';

/** Routes that go on alike up to here. */
interface Branch<Handler> {
  literals: Map<string, Branch<Handler>>;
  /** Where any text may stand. */
  param: Branch<Handler> | undefined;
  /** By method: what ends here, in the form in which Hono takes it. */
  ends: Map<string, [Handler, ParamIndexMap][]>;
}

/**
 * Finds the one route of a request by walking its path: a literal goes before a parameter, a method before every method.
 * Hono's quick router refuses a table where both may stand in one place, and its other one looks for all that match.
 */
export class RouteTree<Handler> implements Router<Handler> {
  readonly name = 'RouteTree';
  readonly #root: Branch<Handler> = newBranch();

  /** Of two routes of one method and path the first counts. */
  add(method: string, path: string, handler: Handler): void {
    const names: ParamIndexMap = {};
    let branch = this.#root;
    for (const part of partsOf(path)) {
      if (part.startsWith(':')) {
        names[part.slice(1)] = Object.keys(names).length;
        branch.param ??= newBranch();
        branch = branch.param;
        continue;
      }
      const next = branch.literals.get(part) ?? newBranch();
      branch.literals.set(part, next);
      branch = next;
    }
    if (!branch.ends.has(method)) branch.ends.set(method, [[handler, names]]);
  }

  /** Gives one handler, or none. */
  match(method: string, path: string): Result<Handler> {
    const parts = partsOf(path);
    const values: string[] = [];
    return [find(this.#root, method, parts, values) ?? find(this.#root, anyMethod, parts, values) ?? [], values];
  }
}

function newBranch<Handler>(): Branch<Handler> {
  return { literals: new Map(), param: undefined, ends: new Map() };
}

function partsOf(path: string): string[] {
  return path.split('/').slice(1);
}

/** @param values Of the parameters on the way to this branch, whose number says how many there are before the next. */
function find<Handler>(
  branch: Branch<Handler>,
  method: string,
  parts: readonly string[],
  values: string[],
  at = 0,
): [Handler, ParamIndexMap][] | undefined {
  const part = parts[at];
  if (part === undefined) return branch.ends.get(method);
  const literal = branch.literals.get(part);
  const found = literal === undefined ? undefined : find(literal, method, parts, values, at + 1);
  if (found !== undefined || branch.param === undefined || part === '') return found;
  values.push(part);
  const matched = find(branch.param, method, parts, values, at + 1);
  if (matched === undefined) values.pop();
  return matched;
}
