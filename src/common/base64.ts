/**
 * Bytes as text in base64.
 *
 * @module
 */

/** Base64 of bytes, with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  // Calls take only so many arguments.
  for (let start = 0; start < bytes.length; start += 8_192) {
    text += String.fromCharCode(...bytes.subarray(start, start + 8_192));
  }
  return btoa(text);
}

/** The bytes that a text in base64 stands for. Throws a DOMException for other text. */
export function decodeBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
