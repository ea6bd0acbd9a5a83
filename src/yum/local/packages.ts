import type { LocalPackages } from '../../family/local-packages.ts';

/** How packages for local repositories are read; `readPackageFile` says more. */
export const yumPackageFiles: LocalPackages = {
  extensions: ['.rpm'],
  packagesAreSigned: true,
  async read(file, trust) {
    const { readPackageFile } = await import('./package-files.ts');
    return await readPackageFile(file, trust);
  },
};
