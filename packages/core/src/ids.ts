// An id is a prefix and a 26-character lower-case ULID, so that the order of ids is the order of creation.

/** Names a tenant: an account and all that it owns. */
export type TenantId = `tnt_${string}`;
/** Names a person. */
export type UserId = `usr_${string}`;
/** Names an API key (not the secret itself). */
export type ApiKeyId = `key_${string}`;
/** Names an invitation to a tenant. */
export type InviteId = `inv_${string}`;
/** Names an agent. */
export type AgentId = `agt_${string}`;
/** Names a deployment of an agent. */
export type DeploymentId = `dep_${string}`;
/** Names one running replica of an agent. */
export type InstanceId = `ins_${string}`;
/** Names a task. */
export type TaskId = `tsk_${string}`;
/** Names a batch of tasks. */
export type BatchId = `bat_${string}`;
/** Names an action that a task waits for. */
export type ActionId = `act_${string}`;
/** Names feedback on a task. */
export type FeedbackId = `fbk_${string}`;
/** Names a suggested improvement. */
export type SuggestionId = `sug_${string}`;
/** Names a team of agents. */
export type TeamId = `tem_${string}`;
/** Names the definition of a workflow. */
export type WorkflowDefinitionId = `wfd_${string}`;
/** Names one run of a workflow. */
export type WorkflowId = `wfl_${string}`;
/** Names a webhook endpoint. */
export type WebhookId = `whk_${string}`;
/** Names one delivery to a webhook. */
export type WebhookDeliveryId = `whd_${string}`;
/** Names an event. */
export type EventId = `evt_${string}`;
/** Names one request, as the server names it in its logs. */
export type RequestId = `req_${string}`;
