// @ts-check

/**
 * Read files, and put as many together as one request should carry.
 * @param {File[]} files
 * @param {number} largest  bytes that a file may have, and that a request has about
 * @param {(name: string) => void} unreadable  told of folders, and of files that are gone
 * @returns {AsyncGenerator<FormData>}
 */
export async function* batches(files, largest, unreadable) {
  let body = new FormData();
  let size = 0;
  for (const file of files) {
    // One byte more than a file may have is enough to show that it is too large.
    const content = await file.slice(0, largest + 1).arrayBuffer().catch(() => null);
    if (!content) {
      unreadable(file.name);
      continue;
    }
    if (size && size + content.byteLength > largest) {
      yield body;
      body = new FormData();
      size = 0;
    }
    body.append("file", new Blob([content]), file.name);
    size += content.byteLength + 1; // an empty one counts, too
  }
  if (size) yield body;
}
