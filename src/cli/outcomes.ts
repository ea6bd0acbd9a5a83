/** 0 when nothing failed, 1 when everything did, 3 for something in between. */
export function partlyDone(reports: readonly { readonly status: string }[]): 0 | 1 | 3 {
  const failed = reports.filter((report) => report.status === 'failed').length;
  if (failed === 0) return 0;
  return failed === reports.length ? 1 : 3;
}
