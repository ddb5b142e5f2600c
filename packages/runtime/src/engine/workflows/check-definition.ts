import type { JsonValue, ValidationIssue } from '@runctl/core';
import type { WorkflowStepDefinition } from '@runctl/workflows';
import { type Condition, ConditionError, parseCondition } from './condition.ts';
import { ancestorsOf, cyclesOf, dependenciesOf, type GraphNode, nodesById } from './graph.ts';
import { type Path, stepOf } from './path.ts';
import { type Executable, isPath, parseOver } from './plan.ts';
import { placeholdersOf } from './template.ts';

/** Steps of a definition, those within loops and maps counted once. */
export const mostSteps = 200;

/** What an expression or a path may name where it stands. */
interface Sight {
  /** Steps that have ended by then. */
  steps: ReadonlySet<string>;
  /** `input`, `item`, `turn` and the like. */
  roots: ReadonlySet<string>;
}

/** All that is wrong with a definition by itself; whether its agents exist is for others to say. */
export function checkDefinition(definition: Omit<Executable, 'timeoutSeconds'>): ValidationIssue[] {
  return new Check(definition).issues();
}

/** Every step, those within loops and maps behind theirs, with its place in the request. */
export function allSteps(
  steps: readonly WorkflowStepDefinition[],
  at = '/steps',
): { step: WorkflowStepDefinition; at: string }[] {
  return steps.flatMap((step, index) => [
    { step, at: `${at}/${index}` },
    ...(step.type === 'loop' || step.type === 'map' ? allSteps(step.steps, `${at}/${index}/steps`) : []),
  ]);
}

class Check {
  readonly #definition: Omit<Executable, 'timeoutSeconds'>;
  readonly #known: ReadonlySet<string>;
  readonly #issues: ValidationIssue[] = [];

  constructor(definition: Omit<Executable, 'timeoutSeconds'>) {
    this.#definition = definition;
    this.#known = new Set(allSteps(definition.steps).map(({ step }) => step.stepId));
  }

  issues(): ValidationIssue[] {
    const { pattern, steps, output } = this.#definition;
    const all = allSteps(steps);
    if (all.length > mostSteps) {
      this.#tell('/steps', 'too_many', `Expected at most ${mostSteps} steps, received ${all.length}.`);
      return this.#issues;
    }
    if ((pattern === 'loop' || pattern === 'map') && !steps.some(({ type }) => type === pattern)) {
      this.#tell('/pattern', 'workflow.pattern_mismatch', `The pattern ${pattern} has at least one step of that type.`);
    }
    this.#checkDoubles(all);
    const roots = new Set(['input', 'steps']);
    this.#checkList(steps, '/steps', { steps: new Set(), roots });
    if (output !== null) this.#checkTemplate(output, '/output', { steps: idsOf(steps), roots });
    return this.#issues;
  }

  #tell(path: string, code: string, message: string): void {
    this.#issues.push({ path, code, message });
  }

  #checkDoubles(all: ReturnType<typeof allSteps>): void {
    const first = new Map<string, string>();
    for (const { step, at } of all) {
      const before = first.get(step.stepId);
      if (before === undefined) first.set(step.stepId, at);
      else
        this.#tell(
          `${at}/stepId`,
          'workflow.step_duplicate',
          `There is a step "${step.stepId}" already, at ${before}.`,
        );
    }
  }

  /** A definition's list of steps, or that of a loop or a map; `outer`: what stands around it. */
  #checkList(steps: readonly WorkflowStepDefinition[], at: string, outer: Sight): void {
    const nodes = dependenciesOf(this.#definition.pattern, steps);
    const byId = nodesById(nodes);
    this.#checkDependencies(steps, at, byId);
    for (const [first = '', ...others] of cyclesOf(nodes)) {
      const circle = [first, ...others].map((stepId) => `"${stepId}"`).join(', ');
      const place = steps.findIndex(({ stepId }) => stepId === first);
      this.#tell(`${at}/${place}/dependsOn`, 'workflow.cycle', `These steps wait for each other: ${circle}.`);
    }
    for (const [index, step] of steps.entries()) {
      const before = ancestorsOf(step.stepId, byId);
      const sight = { ...outer, steps: new Set([...outer.steps, ...before]) };
      this.#checkStep(step, `${at}/${index}`, sight);
    }
  }

  #checkDependencies(steps: readonly WorkflowStepDefinition[], at: string, byId: ReadonlyMap<string, GraphNode>): void {
    for (const [index, { stepId, dependsOn = [] }] of steps.entries()) {
      for (const [place, needed] of dependsOn.entries()) {
        const path = `${at}/${index}/dependsOn/${place}`;
        if (needed === stepId) this.#tell(path, 'workflow.step_self', `"${stepId}" depends on itself.`);
        else if (!byId.has(needed)) this.#tell(path, 'workflow.step_unknown', this.#missing(needed));
      }
    }
  }

  #missing(stepId: string): string {
    return this.#known.has(stepId)
      ? `"${stepId}" stands in another list of steps: a step depends on steps of its own list.`
      : `There is no step "${stepId}".`;
  }

  #checkStep(step: WorkflowStepDefinition, at: string, sight: Sight): void {
    if (step.input !== undefined) this.#checkTemplate(step.input, `${at}/input`, sight);
    if (step.type === 'approval') this.#checkTemplate(step.prompt, `${at}/prompt`, sight);
    if (step.type === 'transform') this.#checkTemplate(step.output, `${at}/output`, sight);
    if (step.when !== undefined) this.#checkCondition(step.when, `${at}/when`, sight);
    if (step.type === 'map') {
      this.#checkOver(step.over, `${at}/over`, sight);
      this.#checkList(step.steps, `${at}/steps`, { ...sight, roots: new Set([...sight.roots, 'item', 'index']) });
    }
    if (step.type === 'loop') {
      const inner = { ...sight, roots: new Set([...sight.roots, 'turn', 'previous']) };
      this.#checkList(step.steps, `${at}/steps`, inner);
      const ended = new Set([...sight.steps, ...idsOf(step.steps)]);
      this.#checkCondition(step.until, `${at}/until`, { ...inner, steps: ended });
    }
  }

  #checkTemplate(template: JsonValue, at: string, sight: Sight): void {
    for (const { at: within, text, path } of placeholdersOf(template)) {
      if (path === undefined) {
        const message = `"{{${text}}}" is no path: write {{input.name}} or {{steps.id.output.name}}.`;
        this.#tell(at + within, 'workflow.path_invalid', message);
      } else this.#checkPath(path, at + within, sight);
    }
  }

  #checkPath(path: Path, at: string, sight: Sight): void {
    this.#checkRoot(path[0], at, sight);
    const stepId = stepOf(path);
    if (stepId !== undefined) this.#checkStepName(stepId, at, sight);
  }

  #checkRoot(root: string, at: string, { roots }: Sight): void {
    if (roots.has(root)) return;
    this.#tell(at, 'workflow.path_unknown', `There is no "${root}" here; there are: ${[...roots].join(', ')}.`);
  }

  #checkStepName(stepId: string, at: string, { steps }: Sight): void {
    if (steps.has(stepId)) return;
    if (!this.#known.has(stepId)) this.#tell(at, 'workflow.step_unknown', `There is no step "${stepId}".`);
    else {
      const message = `"${stepId}" need not have ended by then: make the step depend on it.`;
      this.#tell(at, 'workflow.step_not_ancestor', message);
    }
  }

  #checkCondition(text: string, at: string, sight: Sight): void {
    const condition = this.#read(() => parseCondition(text), at);
    if (condition !== undefined) this.#checkNames(condition, at, sight);
  }

  #checkOver(text: string, at: string, sight: Sight): void {
    const over = this.#read(() => parseOver(text), at);
    if (over === undefined) return;
    if (isPath(over)) this.#checkPath(over, at, sight);
    else this.#checkNames(over, at, sight);
  }

  #checkNames({ roots, steps }: Condition, at: string, sight: Sight): void {
    for (const root of roots) this.#checkRoot(root, at, sight);
    for (const stepId of steps) this.#checkStepName(stepId, at, sight);
  }

  #read<Read>(read: () => Read, at: string): Read | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
      this.#tell(at, 'workflow.condition_invalid', `Not a CEL expression: ${error.message}`);
      return undefined;
    }
  }
}

function idsOf(steps: readonly WorkflowStepDefinition[]): Set<string> {
  return new Set(steps.map(({ stepId }) => stepId));
}
