/**
 * Whether an endpoint is worth a call:
 *
 * `closed`: calls pass; each fault counts, a good answer sets the count back. At {@link FAULTS_TO_OPEN} -> `open`.
 * `open`: calls are refused until `until`. Then the first call passes -> `probing`.
 * `probing`: one call is under way, the others are refused. Its answer -> `closed`, its fault -> `open`, for twice as long.
 */
export type Circuit =
  | { state: 'closed'; faults: number }
  | { state: 'open'; until: number; openMs: number }
  | { state: 'probing'; openMs: number };

/** Faults in a row after which an endpoint is left alone. */
const FAULTS_TO_OPEN = 5;
const FIRST_OPEN_MS = 10_000;
const LONGEST_OPEN_MS = 300_000;

/** Of an endpoint that nothing is known of. */
export const unknownCircuit: Circuit = { state: 'closed', faults: 0 };

/** What a call does to the circuit; null where it is refused. */
export function enter(circuit: Circuit, now: number): Circuit | null {
  if (circuit.state === 'closed') return circuit;
  if (circuit.state === 'probing' || now < circuit.until) return null;
  return { state: 'probing', openMs: circuit.openMs };
}

/** What the end of a call does to the circuit. `given-up`: the caller left, which says nothing of the endpoint. */
export function leave(circuit: Circuit, outcome: 'answer' | 'fault' | 'given-up', now: number): Circuit {
  switch (circuit.state) {
    case 'closed': {
      if (outcome === 'given-up') return circuit;
      if (outcome === 'answer') return unknownCircuit;
      const faults = circuit.faults + 1;
      return faults < FAULTS_TO_OPEN ? { state: 'closed', faults } : open(FIRST_OPEN_MS, now);
    }
    case 'probing':
      if (outcome === 'answer') return unknownCircuit;
      if (outcome === 'given-up') return { state: 'open', until: now, openMs: circuit.openMs };
      return open(Math.min(circuit.openMs * 2, LONGEST_OPEN_MS), now);
    case 'open':
      // A call that was under way when the circuit opened.
      return circuit;
  }
}

function open(openMs: number, now: number): Circuit {
  return { state: 'open', until: now + openMs, openMs };
}
