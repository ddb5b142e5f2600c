// The rows of teams; see schema.ts for how values are kept.

/** A team: its newest configuration. */
export interface TeamRow {
  id: string;
  tenant_id: string;
  version: number;
  /** 1 from a deploy of the team to its next stop: its members are not stopped for another team's sake. */
  in_service: number;
  /** JSON. */
  config: string;
  /** Name and description in lower case: what `search` looks in. */
  search_text: string;
  created_at: number;
  updated_at: number;
  deleted_at: number | null;
}

/** An immutable version of a team's configuration. */
export interface TeamVersionRow {
  team_id: string;
  version: number;
  tenant_id: string;
  /** JSON. */
  config: string;
  created_at: number;
}

/** An agent that a team, not deleted, has now. */
export interface TeamMemberRow {
  team_id: string;
  agent_id: string;
  tenant_id: string;
}
