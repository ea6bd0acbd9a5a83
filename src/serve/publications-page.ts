import type { PublicationState } from '../store/catalogue.ts';
import { escapeHtml, formatSize, formatTime, htmlPage } from './html.ts';
import { escapePath } from './request-path.ts';

/** What is published, as JSON, with the names that `mirror publish list --json` uses. */
export function publicationsJson(publications: readonly PublicationState[]): string {
  return `${JSON.stringify({ publications: sorted(publications).map(summary) })}\n`;
}

/** The start page: what is published here, and how a client comes to use it. */
export function publicationsPage(publications: readonly PublicationState[]): string {
  const articles = sorted(publications).map(article).join('\n');
  const body = `<h1>Repositories</h1>
${articles === '' ? '<p>Nothing is published yet.</p>' : articles}
<footer><a href="?format=json">JSON</a></footer>`;
  return htmlPage('Repositories', body);
}

function sorted(publications: readonly PublicationState[]): PublicationState[] {
  return [...publications].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function summary(state: PublicationState): Readonly<Record<string, unknown>> {
  const { name, family, path, distribution, components, architectures, from, verified, packagesSigned, signedBy, packages, bytes } = state;
  const { number, digest, publishedAt } = state.generation;
  return {
    name,
    family,
    path,
    distribution,
    components,
    architectures,
    from,
    verified,
    packagesSigned,
    signedBy,
    packages,
    bytes,
    generation: number,
    digest,
    published: new Date(publishedAt).toISOString(),
  };
}

function article(state: PublicationState): string {
  const { name, family, distribution, components, architectures, packages, bytes, verified, generation } = state;
  const place = [family, distribution, components.join(' '), architectures.join(' ')].filter((text) => text !== undefined && text !== '');
  const trust = verified ? '<span class="good">verified</span>' : '<span class="bad">NOT verified</span>';
  const key =
    state.publicKey === undefined ? '<span class="bad">not signed</span>' : `<a href="-/keys/${escapeHtml(name)}.asc">signing key</a>`;
  const path = state.path === '/' ? '/' : `${state.path}/`;
  return `<article>
<h2><a href="${escapeHtml(`.${escapePath(path)}`)}">${escapeHtml(name)}</a></h2>
<p>${place.map((text) => escapeHtml(text ?? '')).join(' · ')}</p>
<p>${packages} ${packages === 1 ? 'package' : 'packages'}, ${formatSize(bytes)} · published ${formatTime(generation.publishedAt / 1000)} UTC · ${trust} · ${key}</p>
<p>On the client: <code>mirror client ${escapeHtml(name)} --for ${family}</code></p>
</article>`;
}
