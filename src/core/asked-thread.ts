import type { Transferable, Worker } from 'node:worker_threads';

/** A thread that answers what it is asked, in the order in which it was asked. */
export interface AskedThread<Request, Answer> {
  /** How many requests have no answer yet. */
  readonly waiting: number;
  /** Rejects with what ended the thread. A failure that nobody waits for is not one of the process. */
  ask(request: Request): Promise<Answer>;
  /** Sends what is not answered. The memory of `transferred` is the thread's afterwards. */
  tell(message: unknown, transferred: readonly Transferable[]): void;
  /** Ends the thread at once. What was asked stays without an answer. */
  close(): Promise<void>;
}

/** The worker answers every message that is a request with one message. */
export function askedThread<Request, Answer>(worker: Worker): AskedThread<Request, Answer> {
  const waiting: PromiseWithResolvers<Answer>[] = [];
  let failure: { readonly error: unknown } | undefined;
  worker.on('message', (answer: Answer) => waiting.shift()?.resolve(answer));
  worker.on('error', (error) => {
    failure = { error };
    for (const { reject } of waiting.splice(0)) reject(error);
  });
  return {
    get waiting() {
      return waiting.length;
    },
    ask(request) {
      const answer = Promise.withResolvers<Answer>();
      // Whoever waits for it sees its failure; after another one nobody may.
      answer.promise.catch(() => undefined);
      if (failure === undefined) {
        waiting.push(answer);
        worker.postMessage(request);
      } else answer.reject(failure.error);
      return answer.promise;
    },
    tell(message, transferred) {
      worker.postMessage(message, transferred);
    },
    async close() {
      await worker.terminate();
    },
  };
}
