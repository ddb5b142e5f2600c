/** One outgoing request. */
export interface EgressRequest {
  /** Default `GET`. */
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** Cap on the decoded body, bytes. */
  maxBytes: number;
  /** From the start to the last byte of the body, milliseconds. */
  timeoutMs: number;
  signal?: AbortSignal;
}

/** An answer, whole. Redirects are answers too: none is followed. */
export interface EgressResponse {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: Uint8Array;
}

/** An answer whose body arrives as it is read. */
export interface EgressStream {
  status: number;
  /** Names in lower case, without `content-encoding`: the body is decoded. */
  headers: Record<string, string>;
  body: ReadableStream<Uint8Array>;
}

/** The one way out for every call that a tenant can aim. */
export interface EgressGuard {
  /**
   * @throws {EgressRefused} The address may not be called.
   * @throws {EgressFailure} It could not be reached, or its answer broke a bound.
   */
  fetch(url: string, request: EgressRequest): Promise<EgressResponse>;
  /** As {@link EgressGuard.fetch}, resolved with the head of the answer. */
  stream(url: string, request: EgressRequest): Promise<EgressStream>;
  /** What can be said without resolving the name, for addresses that are saved now and called later. @throws {EgressRefused} */
  check(url: string): void;
  /** A guard that also lets these hosts or ranges pass. */
  opening(entries: readonly string[]): EgressGuard;
}
