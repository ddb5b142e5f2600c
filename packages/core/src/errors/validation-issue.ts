/** One thing that is wrong with a request. */
export interface ValidationIssue {
  /** JSON Pointer into the body (`/tools/0/name`), or the name of the path or query parameter. */
  path: string;
  /** Stable, for programs: `required`, `too_long`. */
  code: string;
  /** For people. */
  message: string;
}
