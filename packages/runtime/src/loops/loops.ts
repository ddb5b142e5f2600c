import type { AgentType } from '@runctl/agents';
import type { AgentLoop } from './loop.ts';
import { reactive } from './reactive.ts';

/** The loops that this runtime has, by the type of agent. */
export const loops: ReadonlyMap<AgentType, AgentLoop> = new Map([reactive].map((loop) => [loop.type, loop]));
