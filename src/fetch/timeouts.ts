import { TryFailure } from './failure.ts';

/** What a try is waiting for: the connection (with TLS and proxy), the head of the answer, or the next piece of the body. */
export type Wait = 'connection' | 'answer' | 'data';

/** Ends a try when the other side is silent for too long. Time that this side takes is not counted. */
export interface Watchdog {
  /** Begins to wait, or begins again. @param times how many timeouts long; 1 where it is left out. */
  waitFor(what: Wait, times?: number): void;
  /** Nothing is expected of the other side for now. */
  hold(): void;
  stop(): void;
}

/** @param timeout milliseconds of silence; `expire` is called once when they are over. */
export function createWatchdog(timeout: number, expire: (failure: TryFailure) => void): Watchdog {
  let waiting: Wait | undefined = 'connection';
  let allowed = 1;
  let left = 1;
  const timer = setTimeout(() => {
    if (waiting !== undefined) left -= 1;
    if (waiting === undefined || left > 0) timer.refresh();
    else expire(timeoutFailure(waiting, timeout * allowed));
  }, timeout);
  return {
    waitFor(what, times = 1) {
      waiting = what;
      allowed = times;
      left = times;
      timer.refresh();
    },
    hold() {
      waiting = undefined;
    },
    stop() {
      clearTimeout(timer);
    },
  };
}

function timeoutFailure(waiting: Wait, timeout: number): TryFailure {
  const span = `${timeout / 1000} s`;
  const reasons: Readonly<Record<Wait, string>> = {
    connection: `no connection within ${span}`,
    answer: `no answer within ${span}`,
    data: `no data for ${span}`,
  };
  return new TryFailure('FETCH_TIMEOUT', reasons[waiting], {
    again: 'later',
    blamesServer: true,
    hint: 'http.timeout sets how long to wait.',
  });
}

/** A floor under the speed of a body, so that a server that sends a byte now and then does not hold a download for ever. */
export interface SpeedFloor {
  readonly bytesPerSecond: number;
  /** Over how many milliseconds of waiting for the server the speed is measured. */
  readonly window: number;
}

/** Counts bytes and the time that was spent waiting for them; throws FETCH_TIMEOUT when a whole window stayed under the floor. */
export function createSpeedCheck(floor: SpeedFloor): (bytes: number, waited: number) => void {
  let windowBytes = 0;
  let windowTime = 0;
  return (bytes, waited) => {
    windowBytes += bytes;
    windowTime += waited;
    if (windowTime < floor.window) return;
    if (windowBytes < (floor.bytesPerSecond * windowTime) / 1000)
      throw new TryFailure('FETCH_TIMEOUT', `only ${windowBytes} bytes in ${Math.round(windowTime / 1000)} s`, {
        again: 'later',
        blamesServer: true,
      });
    windowBytes = 0;
    windowTime = 0;
  };
}
