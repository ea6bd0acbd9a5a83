import type { IncomingMessage } from 'node:http';

/** Headers by which a proxy says that the request is another machine's, and one by which a browser says that it is a web page's. */
const OF_OTHERS = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via', 'origin'];
const LOOPBACK = /^(?:::1|(?:::ffff:)?127(?:\.\d{1,3}){3})$/i;

/** Whether a request comes from a program on this machine: over a loopback address, and not passed on by a proxy or sent by a web page. */
export function isFromThisMachine({ socket, headers }: IncomingMessage): boolean {
  return isLoopback(socket.remoteAddress ?? '') && OF_OTHERS.every((name) => headers[name] === undefined);
}

/** Whether an IP address is one that only this machine can have sent from. */
export function isLoopback(address: string): boolean {
  return LOOPBACK.test(address);
}
