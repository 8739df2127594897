import type { ImageProtocol } from "../screen/image-protocol.ts";
import type { Screen } from "../screen/screen.ts";
import type { Shown } from "../screen/style.ts";

/** Larger pictures are saved rather than shown, in bytes. */
const LARGEST = 8 * 1024 * 1024;
/** Characters of one piece that Kitty takes. */
const PIECE = 4096;
/** Pixels that a column is taken to be broad. */
const COLUMN_PIXELS = 9;

/** How files of pictures begin; what begins otherwise is not handed to a terminal, whatever the server calls it. */
const BEGINNINGS: [format: "png" | "other", bytes: number[], at: number][] = [
  ["png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], 0],
  ["other", [0xff, 0xd8, 0xff], 0],
  ["other", [0x47, 0x49, 0x46, 0x38], 0],
  ["other", [0x57, 0x45, 0x42, 0x50], 8],
];

/**
 * A picture as the escape sequences that show it; undefined where this terminal cannot, or it is none that it knows.
 * It is encoded anew: nothing of what the server wrote reaches the terminal but as the picture's data.
 */
export function inlineImage(bytes: Uint8Array, screen: Screen): Shown | undefined {
  const format = formatOf(bytes);
  const { images, columns = 80 } = screen;
  if (images === undefined || format === undefined || bytes.length > LARGEST) return undefined;
  // Kitty's protocol knows of files PNG alone.
  if (images === "kitty" && format !== "png") return undefined;
  return SEQUENCES[images](bytes, columns) as Shown;
}

const formatOf = (bytes: Uint8Array) =>
  BEGINNINGS.find(([, beginning, at]) => beginning.every((byte, index) => bytes[at + index] === byte))?.[0];

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

const SEQUENCES: Record<ImageProtocol, (bytes: Uint8Array, columns: number) => string> = {
  /** https://sw.kovidgoyal.net/kitty/graphics-protocol/: `q=2` so that it answers nothing, which would be read as typed. */
  kitty(bytes, columns) {
    const data = base64(bytes);
    const isBroad = pngWidth(bytes) > columns * COLUMN_PIXELS;
    const first = `a=T,f=100,q=2${isBroad ? `,c=${columns}` : ""}`;
    let text = "";
    for (let at = 0; at < data.length; at += PIECE) {
      const more = at + PIECE < data.length ? 1 : 0;
      text += `\u001b_G${at === 0 ? `${first},` : ""}m=${more};${data.slice(at, at + PIECE)}\u001b\\`;
    }
    return `${text}\n`;
  },
  /** https://iterm2.com/documentation-images.html: it fits a picture to its own width. */
  iterm2: (bytes) => `\u001b]1337;File=inline=1;size=${bytes.length}:${base64(bytes)}\u0007\n`,
};

/** In pixels, as the header has it (PNG, "IHDR"). */
const pngWidth = (bytes: Uint8Array): number =>
  bytes.length < 24 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(16);
