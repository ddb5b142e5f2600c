export interface RequestOptions { signal?: AbortSignal }
export interface StreamOptions { after?: string }
