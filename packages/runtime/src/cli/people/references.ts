import type { Paginator } from '@runctl/sdk';
import { CommandFailure } from '../command-failure.ts';
import type { Session } from './session.ts';

interface Named {
  id: string;
  name: string;
}

/** The id of an agent that is given by id or by name. */
export function agentId({ client }: Session, reference: string): Promise<string> {
  return idOf('agent', reference, /^agt_/, () => client.agents.iter({ search: reference, limit: 100 }));
}

/** The id of a workflow definition that is given by id or by name. */
export function definitionId({ client }: Session, reference: string): Promise<string> {
  return idOf('workflow definition', reference, /^wfd_/, () =>
    client.workflowDefinitions.iter({ search: reference, limit: 100 }),
  );
}

/** Who does a task: an agent or a team, by id or by name. */
export async function assignee(session: Session, reference: string): Promise<{ agentId: string } | { teamId: string }> {
  const { client } = session;
  if (/^tem_/.test(reference)) return { teamId: reference };
  if (/^agt_/.test(reference)) return { agentId: reference };
  const agents = await named(client.agents.iter({ search: reference, limit: 100 }), reference);
  const teams = await named(client.teams.iter({ search: reference, limit: 100 }), reference);
  const { id } = onlyOne('agent or team', reference, [...agents, ...teams]);
  return id.startsWith('tem_') ? { teamId: id } : { agentId: id };
}

async function idOf(kind: string, reference: string, isId: RegExp, search: () => Paginator<Named>): Promise<string> {
  if (isId.test(reference)) return reference;
  return onlyOne(kind, reference, await named(search(), reference)).id;
}

async function named(found: Paginator<Named>, name: string): Promise<Named[]> {
  const same: Named[] = [];
  for await (const each of found) if (each.name === name) same.push(each);
  return same;
}

function onlyOne(kind: string, name: string, found: readonly Named[]): Named {
  const [only, ...others] = found;
  if (only === undefined)
    throw new CommandFailure(`There is no ${kind} of the id or the name ${JSON.stringify(name)}.`);
  if (others.length === 0) return only;
  const ids = found.map(({ id }) => id).join(', ');
  throw new CommandFailure(`${found.length} have the name ${JSON.stringify(name)}; name one by its id: ${ids}`);
}
