import PQueue from 'p-queue';

/**
 * Runs tasks, at most `concurrency` at a time, and gives what they give, in their order. When one fails, those that have not begun are left out and the
 * others are waited for, so that nothing goes on behind the back of who is told of the error, which is the first one's.
 */
export async function runAll<T>(tasks: readonly (() => Promise<T>)[], concurrency: number): Promise<T[]> {
  const queue = new PQueue({ concurrency });
  let failure: { readonly error: unknown } | undefined;
  const unlessFailed = (task: () => Promise<T>) => async (): Promise<T> => {
    if (failure !== undefined) throw failure.error;
    try {
      return await task();
    } catch (error) {
      failure ??= { error };
      throw error;
    }
  };
  try {
    return await queue.addAll(tasks.map(unlessFailed));
  } finally {
    await queue.onIdle();
  }
}
