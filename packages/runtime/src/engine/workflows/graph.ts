import type { WorkflowPattern, WorkflowStepDefinition } from '@runctl/workflows';

/** A step of one list of steps, and the steps of that list before it. */
export interface GraphNode {
  stepId: string;
  dependsOn: readonly string[];
}

/**
 * The steps that each step of a list depends on: those that it names, else as the pattern says.
 *
 * - `sequential`, `loop`, `map`: the one before it.
 * - `conditional`: a step with `when` is a branch of the last step without; a step without `when` joins the branches
 *   before it.
 * - `parallel`, `dag`: none.
 *
 * The steps within a loop or a map are a list of their own.
 */
export function dependenciesOf(pattern: WorkflowPattern, steps: readonly WorkflowStepDefinition[]): GraphNode[] {
  return steps.map(({ stepId, dependsOn }, index) => ({
    stepId,
    dependsOn: dependsOn ?? byDefault(pattern, steps, index),
  }));
}

function byDefault(
  pattern: WorkflowPattern,
  steps: readonly WorkflowStepDefinition[],
  index: number,
): readonly string[] {
  if (pattern === 'parallel' || pattern === 'dag') return [];
  const before = steps.slice(0, index);
  if (pattern !== 'conditional') return before.slice(-1).map(({ stepId }) => stepId);
  const fork = before.findLastIndex(({ when }) => when === undefined);
  const branches = before.slice(fork + 1);
  const joins = steps[index]?.when === undefined && branches.length > 0;
  return (joins ? branches : before.slice(fork, fork + 1)).map(({ stepId }) => stepId);
}

/** Groups of steps, each of which depends on groups before it alone. Steps on a circle are in none. */
export function layersOf(nodes: readonly GraphNode[]): string[][] {
  const layers: string[][] = [];
  const placed = new Set<string>();
  let rest = nodes;
  while (rest.length > 0) {
    const ready = rest.filter(({ dependsOn }) => dependsOn.every((stepId) => placed.has(stepId)));
    if (ready.length === 0) return layers;
    layers.push(ready.map(({ stepId }) => stepId));
    for (const { stepId } of ready) placed.add(stepId);
    rest = rest.filter(({ stepId }) => !placed.has(stepId));
  }
  return layers;
}

/** Each circle once, from its first step in the order of the list; a step that depends on itself is none. */
export function cyclesOf(nodes: readonly GraphNode[]): string[][] {
  const byId = nodesById(nodes);
  const reaches = new Map(nodes.map(({ stepId }) => [stepId, ancestorsOf(stepId, byId)]));
  const told = new Set<string>();
  return nodes.flatMap(({ stepId }) => {
    if (told.has(stepId)) return [];
    const circle = nodes.filter(
      (other) =>
        other.stepId !== stepId && reaches.get(stepId)?.has(other.stepId) && reaches.get(other.stepId)?.has(stepId),
    );
    if (circle.length === 0) return [];
    const members = [stepId, ...circle.map((node) => node.stepId)];
    for (const member of members) told.add(member);
    return [members];
  });
}

/** Steps by their ids; of two with one id the first. */
export function nodesById(nodes: readonly GraphNode[]): Map<string, GraphNode> {
  return new Map(nodes.toReversed().map((node) => [node.stepId, node]));
}

/** All steps of the list that come before a step, at any distance. */
export function ancestorsOf(stepId: string, byId: ReadonlyMap<string, GraphNode>): Set<string> {
  const found = new Set<string>();
  const open = [...(byId.get(stepId)?.dependsOn ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...(byId.get(next)?.dependsOn ?? []));
  }
  return found;
}
