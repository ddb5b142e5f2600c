import type { OtlpSettings } from './otlp-settings.ts';

/** A trace is chosen by its id, so that every process that does a part of it chooses alike. */
export function sampler({ ratio, followsParent }: Pick<OtlpSettings, 'ratio' | 'followsParent'>) {
  return (traceId: string, callerSays: boolean | undefined): boolean => {
    if (followsParent && callerSays !== undefined) return callerSays;
    return ratio >= 1 || Number.parseInt(traceId.slice(-8), 16) / 0x1_0000_0000 < ratio;
  };
}
