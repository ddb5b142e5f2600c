import type { TenantScope } from './tenant-scope.ts';

/** Ids of what carries a label. By the index labels_by_value. */
export function labelled(scope: TenantScope, label: string, value: string) {
  return scope.labels().select('resource_id').where('label', '=', label).where('value', '=', value);
}
