/** A picture of 8 bits a channel. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3], red, green and blue from 0 to 255 */
  readonly data: Uint8Array;
}
