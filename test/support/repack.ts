import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { succeed } from './program.ts';

/** Makes a .deb of an installed package from its files as they are now: $1 the package, $2 the folder for it, $3 a folder to work in. */
const REPACK = `
set -eu
tree="$3"
mkdir -p -m 755 "$tree/DEBIAN"
dpkg-query -s "$1" | sed -e '/^Status:/d' -e '/^Conffiles:/,/^[^ ]/{/^Conffiles:/d;/^ /d}' > "$tree/DEBIAN/control"
architecture=$(dpkg-query -W -f '\${Architecture}' "$1")
for part in preinst postinst prerm postrm config templates triggers shlibs; do
  for file in "/var/lib/dpkg/info/$1.$part" "/var/lib/dpkg/info/$1:$architecture.$part"; do
    [ ! -e "$file" ] || cp "$file" "$tree/DEBIAN/$part"
  done
done
dpkg-query -L "$1" | while read -r path; do
  case "$path" in /.|/bin|/sbin|/lib|/lib32|/lib64|/libx32|diverted*|*diverts*) continue ;; esac
  [ ! -e "$path" ] && [ ! -L "$path" ] || echo "\${path#/}"
done > "$tree.list"
tar -C / --no-recursion -c -T "$tree.list" | tar -C "$tree" -x
dpkg-deb --root-owner-group -Znone --build "$tree" "$2"
`;

/**
 * Packages of this machine as .deb files, for archives that real systems can be installed from where there is no other. What was
 * changed since they were installed, or left out, is so in them too.
 */
export async function repackInstalled(names: readonly string[], folder: string): Promise<void> {
  const work = join(folder, '..', 'repack');
  mkdirSync(folder, { recursive: true });
  mkdirSync(work);
  for (const name of names) await succeed('sh', ['-c', REPACK, 'sh', name, folder, join(work, name)]);
  rmSync(work, { recursive: true });
}
