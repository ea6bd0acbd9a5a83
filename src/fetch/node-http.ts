/**
 * Node's own clients for http and https. Importing these modules as ES modules also loads everything that they hold ready for others (WebSocket
 * and what belongs to it), which is a tenth of the time that a sync takes when nothing has changed.
 */
export const http = process.getBuiltinModule('node:http');
export const https = process.getBuiltinModule('node:https');
