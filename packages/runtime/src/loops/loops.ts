import type { AgentType } from '@runctl/agents';
import { deliberative } from './deliberative.ts';
import { type AgentLoop, LoopFailure, type LoopRegistry, type LoopType } from './loop.ts';
import { parallel } from './parallel.ts';
import { reactive } from './reactive.ts';
import { reflective } from './reflective.ts';
import { router } from './router.ts';
import { sequential } from './sequential.ts';
import { supervisor } from './supervisor.ts';

const all = [reactive, deliberative, reflective, supervisor, router, sequential, parallel];
const byType: ReadonlyMap<LoopType, AgentLoop> = new Map(all.map((loop) => [loop.type, loop]));

/** The types of agent that this runtime can run. */
export const agentTypes: ReadonlySet<AgentType> = new Set([
  'reactive',
  'deliberative',
  'reflective',
  'supervisor',
  'router',
]);

/** The loops that this runtime has. */
export const loops: LoopRegistry = {
  loopFor(type) {
    const loop = byType.get(type);
    if (loop === undefined) throw new LoopFailure(`No loop runs agents of the type "${type}".`);
    return loop;
  },
};
