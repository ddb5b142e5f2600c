export type * from './contract.ts';
export { Teams, teams } from './teams.ts';
