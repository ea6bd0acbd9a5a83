interface Listener {
  readonly runs: Set<() => void>;
  readonly tell: () => void;
}

const listeners = new WeakMap<AbortSignal, Listener>();

/**
 * Calls `run` when the signal aborts, until what is returned is called. All callers at a time share one listener of the signal: to add and
 * remove one for each of tens of thousands of requests takes as long as to read their answers.
 */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  const { runs, tell } = listeners.get(signal) ?? listen(signal);
  runs.add(run);
  return () => {
    if (!runs.delete(run) || runs.size > 0) return;
    signal.removeEventListener('abort', tell);
    listeners.delete(signal);
  };
}

function listen(signal: AbortSignal): Listener {
  const runs = new Set<() => void>();
  const tell = (): void => {
    for (const run of runs) run();
  };
  signal.addEventListener('abort', tell);
  const listener = { runs, tell };
  listeners.set(signal, listener);
  return listener;
}
