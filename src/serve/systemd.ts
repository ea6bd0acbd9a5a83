import { execFile } from 'node:child_process';
import type { Environment } from '../config/environment.ts';
import { reasonOf } from '../core/errors.ts';
import type { Log } from './log.ts';

/** The first descriptor that systemd passes; see sd_listen_fds(3). */
const FIRST_DESCRIPTOR = 3;

/**
 * Tells systemd how the service is, where it asks for that (`Type=notify`). The message goes through systemd-notify, a child process, because
 * Node cannot write to a datagram socket: the unit needs `NotifyAccess=all`.
 */
export async function notifySystemd(state: 'ready' | 'stopping', environment: Environment, log: Log): Promise<void> {
  if (environment['NOTIFY_SOCKET'] === undefined) return;
  await new Promise<void>((resolve) => {
    execFile('systemd-notify', [`--${state}`], { env: { ...environment }, timeout: 10_000 }, (error) => {
      if (error !== null) log.warn('systemd could not be told that the service is running', { state, reason: reasonOf(error) });
      resolve();
    });
  });
}

/** The listening socket that systemd passes to a socket-activated service; undefined where it passes none to this process. */
export function inheritedSocket(environment: Environment, pid: number): number | undefined {
  const count = Number(environment['LISTEN_FDS'] ?? '0');
  return environment['LISTEN_PID'] === String(pid) && count >= 1 ? FIRST_DESCRIPTOR : undefined;
}
