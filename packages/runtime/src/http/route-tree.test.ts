import { expect, test } from 'vitest';
import { RouteTree } from './route-tree.ts';

function treeOf(...routes: string[]): RouteTree<string> {
  const tree = new RouteTree<string>();
  for (const route of routes) {
    const [method = '', path = ''] = route.split(' ');
    tree.add(method, path, route);
  }
  return tree;
}

/** The route that a request finds, and its parameters. */
function found(tree: RouteTree<string>, method: string, path: string): unknown {
  const [matched, values] = tree.match(method, path) as [[string, Record<string, number>][], string[]];
  return matched.map(([route, names]) => [
    route,
    Object.fromEntries(Object.entries(names).map(([name, index]) => [name, values[index]])),
  ]);
}

test('a literal goes before a parameter, whichever was added first', () => {
  const tree = treeOf('GET /v1/tasks/:taskId', 'GET /v1/tasks/stats');
  expect(found(tree, 'GET', '/v1/tasks/stats')).toEqual([['GET /v1/tasks/stats', {}]]);
  expect(found(tree, 'GET', '/v1/tasks/tsk_1')).toEqual([['GET /v1/tasks/:taskId', { taskId: 'tsk_1' }]]);
});

test('where the literal leads nowhere the parameter is tried, and keeps no value of the way that failed', () => {
  const tree = treeOf('GET /v1/:a/stats/:b/end', 'GET /v1/:c/:d/:e', 'DELETE /v1/:x');
  expect(found(tree, 'GET', '/v1/p/stats/q')).toEqual([['GET /v1/:c/:d/:e', { c: 'p', d: 'stats', e: 'q' }]]);
  expect(found(tree, 'GET', '/v1/p/stats/q/end')).toEqual([['GET /v1/:a/stats/:b/end', { a: 'p', b: 'q' }]]);
});

test('a route of every method answers where none of the method does', () => {
  const tree = treeOf('ALL /v1/tasks/:taskId', 'GET /v1/tasks/:taskId', 'ALL /v1/tasks/stats');
  expect(found(tree, 'GET', '/v1/tasks/t')).toEqual([['GET /v1/tasks/:taskId', { taskId: 't' }]]);
  expect(found(tree, 'PUT', '/v1/tasks/t')).toEqual([['ALL /v1/tasks/:taskId', { taskId: 't' }]]);
});

test('what is longer, shorter, or has nothing where a parameter belongs, is no route', () => {
  const tree = treeOf('GET /v1/tasks/:taskId');
  for (const path of ['/v1/tasks', '/v1/tasks/', '/v1/tasks/t/', '/v1/tasks/t/u', '/', '']) {
    expect(found(tree, 'GET', path)).toEqual([]);
  }
});
