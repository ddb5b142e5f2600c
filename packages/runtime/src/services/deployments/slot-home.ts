import type { InstanceRow } from '../../store/service-rows.ts';

/** What the control of agents knows of the process that it runs in. */
export interface SlotHome {
  /** This process, where it runs tasks. */
  readonly self: { readonly id: string; readonly host: string } | undefined;
  /** No other process shares the store: what others held is this one's now. */
  readonly isAlone: boolean;
  /** The task in a slot of this process. */
  taskIn(instanceId: string): string | undefined;
  /** A slot's row with what this process knows newer. */
  latest(row: InstanceRow): InstanceRow;
}

/** A process that shares its store with nobody, and does not say what is in its slots. */
export const aloneHome: SlotHome = {
  self: { id: 'embedded', host: 'localhost' },
  isAlone: true,
  taskIn: () => undefined,
  latest: (row) => row,
};
