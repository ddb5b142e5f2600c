import type {
  CreateTeamInput,
  DeployTeamInput,
  ListTeamsQuery,
  TeamMember,
  TeamStrategy,
  UpdateTeamInput,
} from '@runctl/teams';
import * as z from 'zod';
import { idText, labels, longestName, longestNote, metadata, text } from './fields.ts';
import { pageFields } from './list-query.ts';
import { wire, wireQuery } from './wire.ts';

/** One tree of tasks has at most so many delegations, and each member of a team may be one. */
const mostMembers = 20;
const mostReplicas = 1_000;

const strategy = wire<TeamStrategy>()(z.enum(['supervisor', 'sequential', 'parallel', 'router']));

/** `POST /teams/:teamId/members` */
export const teamMember = wire<TeamMember>()(
  z.strictObject({
    agentId: idText,
    role: text(longestName),
    description: z.string().max(longestNote).exactOptional(),
  }),
);

const teamFields = {
  name: text(longestName),
  description: z.string().max(longestNote).exactOptional(),
  strategy: strategy.exactOptional(),
  metadata: metadata.exactOptional(),
  labels: labels.exactOptional(),
};

/** `POST /teams` */
export const createTeamInput = wire<CreateTeamInput>()(
  z.strictObject({ ...teamFields, members: z.array(teamMember).min(1).max(mostMembers) }),
);

/** `PATCH /teams/:teamId` */
export const updateTeamInput = wire<UpdateTeamInput>()(
  z.strictObject({ ...teamFields, name: teamFields.name.exactOptional() }),
);

/** `GET /teams` */
export const listTeamsQuery = wireQuery<ListTeamsQuery>()(
  z.strictObject({
    ...pageFields,
    agentId: idText.exactOptional(),
    search: z.string().max(longestName).exactOptional(),
  }),
);

/** `POST /teams/:teamId/deploy` */
export const deployTeamInput = wire<DeployTeamInput>()(
  z.strictObject({ replicas: z.int().min(1).max(mostReplicas).exactOptional() }),
);
