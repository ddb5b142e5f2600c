export interface EventStream<Event> extends AsyncIterableIterator<Event> { close(): Promise<void> }
