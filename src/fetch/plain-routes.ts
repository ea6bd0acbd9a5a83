import type { PlainPlace } from './fetcher.ts';
import type { Place } from './place.ts';
import type { PlainRoute } from './plain-connection.ts';
import { hostOf, usualHeaders } from './transport.ts';

export interface PlainRouteSettings {
  readonly userAgent: string;
  /** Milliseconds of silence that are allowed. */
  readonly timeout: number;
}

/** Makes routes of places on http servers, one for each server and who to be there. */
export function createPlainRoutes({ userAgent, timeout }: PlainRouteSettings): { placeOf(place: Place): PlainPlace } {
  const routes = new Map<string, PlainRoute>();
  return {
    placeOf({ url, authorization }) {
      const key = `${url.host} ${authorization ?? ''}`;
      let route = routes.get(key);
      if (route === undefined) {
        const headers = {
          ...usualHeaders(userAgent),
          ...(authorization === undefined ? {} : { authorization }),
          host: url.host,
          connection: 'keep-alive',
        };
        const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
        route = { host: hostOf(url), port: Number(url.port || 80), fields: fields.join(''), timeout };
        routes.set(key, route);
      }
      return { route, target: url.pathname + url.search };
    },
  };
}
