/** A model call that is under way in a tree of tasks whose cost is limited. */
export interface TreeCallRow {
  task_id: string;
  tenant_id: string;
  root_task_id: string;
  /** Of the task's claim: under a later one it is not under way any more. */
  epoch: number;
}
