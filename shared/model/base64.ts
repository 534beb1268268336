const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const valueOf = new Uint8Array(128).fill(0);
for (let value = 0; value < digits.length; value++) valueOf[digits.charCodeAt(value)] = value;

/** Bytes of base64 as we wrote it: nothing in it but its digits and the padding. Neither Node nor every window that shows Retake has it built in. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let from = 0, to = 0; from < text.length; from += 4) {
    const four =
      (digit(text, from) << 18) | (digit(text, from + 1) << 12) | (digit(text, from + 2) << 6) | digit(text, from + 3);
    bytes[to++] = four >> 16;
    bytes[to++] = four >> 8;
    bytes[to++] = four;
  }
  return bytes;
}

const digit = (text: string, at: number): number => valueOf[text.charCodeAt(at)] ?? 0;
