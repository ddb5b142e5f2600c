import type { JsonValue } from '@runctl/core';
import type { WorkflowPattern, WorkflowStepDefinition } from '@runctl/workflows';
import { type Condition, parseCondition } from './condition.ts';
import { dependenciesOf, layersOf } from './graph.ts';
import { type Path, parsePath } from './path.ts';

/** What of a definition decides how it is executed. */
export interface Executable {
  pattern: WorkflowPattern;
  steps: readonly WorkflowStepDefinition[];
  output: JsonValue;
  timeoutSeconds: number;
}

/** A step, ready to be executed. */
export interface PlanStep {
  definition: WorkflowStepDefinition;
  dependsOn: readonly string[];
  /** Its place in the order of the graph, the steps within a loop or a map behind it. */
  position: number;
  when: Condition | null;
  /** Of a loop. */
  until: Condition | null;
  /** Of a map: a path or an expression. */
  over: Path | Condition | null;
  /** Of a loop or a map. */
  body: PlanScope | null;
}

/** A list of steps: a definition's, or those within a loop or a map. */
export interface PlanScope {
  /** Each behind those that it depends on. */
  steps: readonly PlanStep[];
  byId: ReadonlyMap<string, PlanStep>;
  /** Those on which none depends. */
  last: readonly string[];
}

/** A definition, ready to be executed. */
export interface Plan {
  root: PlanScope;
  /** Every step, those within loops and maps too. */
  byId: ReadonlyMap<string, PlanStep>;
  output: JsonValue;
  timeoutSeconds: number;
}

/** Makes the plan of a definition that has been checked. */
export function planOf({ pattern, steps, output, timeoutSeconds }: Executable): Plan {
  const byId = new Map<string, PlanStep>();
  return { root: scopeOf(pattern, steps, byId), byId, output, timeoutSeconds };
}

function scopeOf(
  pattern: WorkflowPattern,
  definitions: readonly WorkflowStepDefinition[],
  all: Map<string, PlanStep>,
): PlanScope {
  const nodes = dependenciesOf(pattern, definitions);
  const definitionOf = new Map(definitions.map((definition) => [definition.stepId, definition]));
  const dependsOn = new Map(nodes.map((node) => [node.stepId, node.dependsOn]));
  const scope = new Map<string, PlanStep>();
  for (const stepId of layersOf(nodes).flat()) {
    const definition = definitionOf.get(stepId);
    if (definition === undefined) continue;
    const step: PlanStep = {
      definition,
      dependsOn: dependsOn.get(stepId) ?? [],
      position: all.size,
      when: definition.when === undefined ? null : parseCondition(definition.when),
      until: definition.type === 'loop' ? parseCondition(definition.until) : null,
      over: definition.type === 'map' ? parseOver(definition.over) : null,
      body: null,
    };
    scope.set(stepId, step);
    all.set(stepId, step);
    if (definition.type === 'loop' || definition.type === 'map') step.body = scopeOf(pattern, definition.steps, all);
  }
  const needed = new Set(nodes.flatMap((node) => node.dependsOn));
  const last = definitions.flatMap(({ stepId }) => (needed.has(stepId) ? [] : [stepId]));
  return { steps: [...scope.values()], byId: scope, last };
}

/** `steps.find.output.items`, the same in braces, or an expression. @throws {ConditionError} It is neither. */
export function parseOver(text: string): Path | Condition {
  const inBraces = /^\{\{(.*)\}\}$/s.exec(text.trim());
  return parsePath((inBraces?.[1] ?? text).trim()) ?? parseCondition(text);
}

/** Whether it is a path. */
export function isPath(over: Path | Condition): over is Path {
  return Array.isArray(over);
}

/** What comes first: the end of a wait, or of the time that its step may take. */
export function waitSeconds({ seconds, timeoutSeconds }: { seconds: number; timeoutSeconds?: number }): number {
  return Math.min(seconds, timeoutSeconds ?? seconds);
}
