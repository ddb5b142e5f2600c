import type { AgentEvent } from '@runctl/agents';
import type { PaginatedResponse, Timestamp } from '@runctl/core';
import type { TaskEvent } from '@runctl/tasks';
import type { WorkflowEvent } from '@runctl/workflows';
import { agentEvents } from './events/agent-events.ts';
import { type EventListQuery, listEvents } from './events/event-list.ts';
import type { EventStreams, OpenedStream, StreamQuery } from './events/event-streams.ts';
import type { EventSubject, WireEvent } from './events/event-subject.ts';
import type { ReaderOwner } from './events/open-readers.ts';
import { taskEvents } from './events/task-events.ts';
import type { StreamTokens } from './stream-tokens.ts';
import type { TenantScope, TenantWriteScope } from './tenant-scope.ts';
import type { PlanReader } from './workflows/find-workflow.ts';
import { workflowEvents } from './workflows/workflow-events.ts';

/** The events of one kind of thing: what has happened, and what happens. */
export class EventsOf<Event extends WireEvent> {
  readonly #subject: EventSubject<Event>;
  readonly #streams: EventStreams;
  readonly #tokens: StreamTokens;

  constructor(subject: EventSubject<Event>, streams: EventStreams, tokens: StreamTokens) {
    this.#subject = subject;
    this.#streams = streams;
    this.#tokens = tokens;
  }

  /** Oldest first. @throws {Failure} `task.not_found` and the like */
  list(scope: TenantScope, subjectId: string, query: EventListQuery): Promise<PaginatedResponse<Event>> {
    return listEvents(this.#subject, scope, subjectId, query);
  }

  /** See {@link EventStreams.open}. */
  stream(scope: TenantScope, subjectId: string, owner: ReaderOwner, query: StreamQuery): Promise<OpenedStream | null> {
    return this.#streams.open(this.#subject, scope, subjectId, owner, query);
  }

  /** A token that reads the stream of this thing alone, for minutes. @throws {Failure} `task.not_found` and the like */
  async createToken(
    scope: TenantWriteScope,
    subjectId: string,
    apiKeyId: string,
  ): Promise<{ token: string; expiresAt: Timestamp }> {
    await this.#subject.find(scope, subjectId);
    return this.#tokens.issue(scope, apiKeyId, subjectId);
  }
}

/** The events of everything that has some. */
export interface EventServices {
  tasks: EventsOf<TaskEvent>;
  agents: EventsOf<AgentEvent>;
  workflows: EventsOf<WorkflowEvent>;
}

/** Puts the events together. */
export function createEventServices(streams: EventStreams, tokens: StreamTokens, plans: PlanReader): EventServices {
  return {
    tasks: new EventsOf(taskEvents, streams, tokens),
    agents: new EventsOf(agentEvents, streams, tokens),
    workflows: new EventsOf(workflowEvents(plans), streams, tokens),
  };
}
