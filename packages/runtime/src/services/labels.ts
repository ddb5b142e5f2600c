import type { TenantScope } from './tenant-scope.ts';

/** Ids of what carries a label, given as `key=value`. By the index labels_by_value. */
export function labelled(scope: TenantScope, label: string) {
  const at = label.indexOf('=');
  return scope
    .labels()
    .select('resource_id')
    .where('label', '=', label.slice(0, at))
    .where('value', '=', label.slice(at + 1));
}
