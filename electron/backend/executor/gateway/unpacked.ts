import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';

/** Some servers compress although they were asked not to. What cannot be unpacked stays as it came. */
export function unpacked(body: Buffer, encoding: string | undefined, maximumBytes: number): Buffer {
  const bound = { maxOutputLength: maximumBytes };
  try {
    switch (encoding?.trim().toLowerCase()) {
      case 'gzip':
        return gunzipSync(body, bound);
      case 'deflate':
        return inflateSync(body, bound);
      case 'br':
        return brotliDecompressSync(body, bound);
      case 'zstd':
        return zstdDecompressSync(body, bound);
      default:
        return body;
    }
  } catch {
    return body;
  }
}
