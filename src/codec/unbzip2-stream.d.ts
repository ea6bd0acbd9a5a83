declare module '@openpgp/unbzip2-stream' {
  // biome-ignore lint/style/noDefaultExport: this is what the package exports
  export default function unbzip2Stream(input: ReadableStream<Uint8Array>): ReadableStream<Uint8Array<ArrayBuffer>>;
}
