/**
 * Groups of files that import each other in a circle (Tarjan's strongly connected components, without recursion limits
 * to speak of: a project's import depth is small).
 *
 * @param {Map<string, string[]>} graph file to the files it imports
 * @returns {string[][]} each a cycle in the order of imports, its first file not repeated
 */
export function findCycles(graph) {
  const order = new Map();
  const lowest = new Map();
  const stack = [];
  const onStack = new Set();
  const groups = [];
  const visit = (file) => {
    order.set(file, order.size);
    lowest.set(file, order.get(file));
    stack.push(file);
    onStack.add(file);
    for (const next of graph.get(file) ?? []) {
      if (!order.has(next)) {
        visit(next);
        lowest.set(file, Math.min(lowest.get(file), lowest.get(next)));
      } else if (onStack.has(next)) lowest.set(file, Math.min(lowest.get(file), order.get(next)));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const group = stack.splice(stack.indexOf(file));
    for (const member of group) onStack.delete(member);
    if (group.length > 1 || graph.get(file)?.includes(file)) groups.push(group);
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return groups.map((group) => shortestCycle(group[0], new Set(group), graph));
}

/** The shortest way from a file back to itself inside its group: that is what a reader wants to see. */
function shortestCycle(start, group, graph) {
  const cameFrom = new Map();
  const queue = [start];
  for (const file of queue) {
    for (const next of graph.get(file) ?? []) {
      if (next === start) return pathBack(file, start, cameFrom);
      if (!group.has(next) || cameFrom.has(next)) continue;
      cameFrom.set(next, file);
      queue.push(next);
    }
  }
  return [...group];
}

function pathBack(last, start, cameFrom) {
  const path = [last];
  while (path[0] !== start) path.unshift(cameFrom.get(path[0]));
  return path;
}
