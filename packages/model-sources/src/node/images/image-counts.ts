import type { PlumblineError } from "@plumbline/core";

/** What became of the files that `readImages` found; updated while it reads. */
export interface ImageCounts {
  /** images given */
  images: number;
  /** files that could not be read as images and were left out */
  skipped: number;
  /** why the first of them was left out */
  firstSkipped?: PlumblineError;
}

/** Counts of nothing yet, for `readImages`. */
export function createImageCounts(): ImageCounts {
  return { images: 0, skipped: 0 };
}
