export * from '@runctl/agents';
export * from '@runctl/core';
// Stated by three packages, since no resource imports another; here it has to come from one.
export type { TokenUsage } from '@runctl/tasks';
export * from '@runctl/tasks';
export * from '@runctl/teams';
export * from '@runctl/tenants';
export * from '@runctl/workflows';
export { type FromEnvOptions, Runctl } from './runctl.ts';
export type { WebhookEvent } from './webhook-event.ts';
