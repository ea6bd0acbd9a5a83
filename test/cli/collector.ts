import type { Output } from '../../src/cli/render/renderer.ts';

/** An output that keeps what is written to it. */
export interface Collector extends Output {
  text(): string;
}

export function collector(properties: Omit<Output, 'write'> = {}): Collector {
  const parts: string[] = [];
  return {
    ...properties,
    write(text) {
      parts.push(text);
    },
    text: () => parts.join(''),
  };
}
