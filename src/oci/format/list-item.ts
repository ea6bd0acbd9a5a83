import type { ImageItem } from '../../config/image-list-schema.ts';

/** An image of a list as it stands there, or why there is none. */
export type ListItem = { readonly where: string; readonly item: ImageItem } | { readonly where: string; readonly reason: string };
