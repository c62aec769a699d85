"""Writes fixtures/images: resize.json and decoded.json with Pillow, processors.json with the slow image processors of transformers.

    python -m venv .venv && .venv/bin/pip install pillow==11.3.0 transformers==4.57.6 numpy==2.2.6 torch==2.8.0
    .venv/bin/python tools/golden/make_image_fixtures.py

Pillow 11.3 resizes rows first, then columns; Pillow 13 takes columns first where that is less work, and differs where it does.
Pixels stand in base64: RGB bytes row by row, or float32 (little-endian) of pixel_values [3, height, width]. Versions and seed
are in the files.
"""

import base64
import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
import PIL
import transformers
from PIL import Image
from transformers import CLIPImageProcessor, DeiTImageProcessor, ViTImageProcessor

SEED = 20240609
FOLDER = Path(__file__).parents[2] / "fixtures/images"
RNG = np.random.default_rng(SEED)


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def picture(width: int, height: int) -> np.ndarray:
    """Waves, noise, and hard edges between black and white, at which bicubic and Lanczos overshoot."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [127 + 120 * np.sin(x / (3 + c) + y / (5 - c)) for c in range(3)]
    array = np.stack(waves, -1) + RNG.normal(0, 8, (height, width, 3))
    array[height // 3 : height // 2, ::2] = 255
    array[height // 2 : 2 * height // 3, 1::3] = 0
    return np.clip(array, 0, 255).astype(np.uint8)


def written(array: np.ndarray) -> dict:
    return {"width": array.shape[1], "height": array.shape[0], "data": text(array.tobytes())}


def rgb16_png(width: int, height: int) -> bytes:
    """Pillow does not write 16 bits a channel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    values = RNG.integers(0, 65536, (height, width, 3)).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def encoded_files() -> dict[str, bytes]:
    rgb = Image.fromarray(picture(13, 9))
    alpha = Image.fromarray(RNG.integers(0, 256, (9, 13, 4), dtype=np.uint8))
    turned = Image.Exif()
    turned[0x112] = 6
    made: dict[str, bytes] = {"rgb16.png": rgb16_png(7, 6)}

    def add(name: str, image: Image.Image, **options) -> None:
        file = io.BytesIO()
        image.save(file, name.split(".")[-1].replace("jpg", "jpeg"), **options)
        made[name] = file.getvalue()

    add("rgb.png", rgb)
    add("alpha.png", alpha)
    add("grey.png", rgb.convert("L"))
    add("grey-alpha.png", alpha.convert("LA"))
    add("palette.png", rgb.quantize(8))
    add("palette-transparent.png", rgb.quantize(8), transparency=3)
    add("one-bit.png", rgb.convert("1"))
    add("full.jpg", rgb, quality=85, subsampling=0)
    add("halved.jpg", rgb, quality=75, subsampling=2)
    add("progressive.jpg", rgb, progressive=True)
    add("grey.jpg", rgb.convert("L"))
    add("turned-by-exif.jpg", rgb, exif=turned.tobytes())
    add("lossy.webp", rgb, quality=80)
    add("lossless-alpha.webp", alpha, lossless=True, exact=True)
    add("palette.gif", rgb.quantize(8))
    add("two-frames.gif", rgb, save_all=True, append_images=[Image.fromarray(picture(13, 9))])
    return made


def decoded() -> dict:
    files = {}
    for name, data in encoded_files().items():
        image = Image.open(io.BytesIO(data)).convert("RGB")
        files[name] = {**written(np.asarray(image)), "file": text(data)}
    return files


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    made_by = {
        "library": f"pillow {PIL.__version__}, transformers {transformers.__version__}, numpy {np.__version__}",
        "script": "tools/golden/make_image_fixtures.py",
        "seed": SEED,
    }
    images = {"wide": picture(23, 15), "tall": picture(10, 19)}
    sizes = [(10, 19), (7, 5), (13, 13), (23, 8), (25, 15), (29, 21), (1, 1)]
    resized = []
    for name, array in images.items():
        for width, height in sizes:
            for resample in range(6):
                result = np.asarray(Image.fromarray(array).resize((width, height), resample))
                resized.append({"image": name, "resample": resample, **written(result)})
    content = {"madeBy": made_by, "images": {k: written(v) for k, v in images.items()}, "resized": resized}
    (FOLDER / "resize.json").write_text(json.dumps(content, indent=1) + "\n")

    processors = {
        "vit": ViTImageProcessor(size={"height": 9, "width": 12}),
        "vit-int": ViTImageProcessor(size=11, resample=3, do_center_crop=True, crop_size=5),
        "vit-plain": ViTImageProcessor(size=6, do_rescale=False, do_normalize=False),
        "vit-bytes": ViTImageProcessor(size=8, do_rescale=False, image_mean=[120, 110, 100], image_std=[50, 60, 70]),
        "deit": DeiTImageProcessor(size=12, crop_size=9),
        "clip": CLIPImageProcessor(size=10, crop_size=10),
        "clip-square": CLIPImageProcessor(size={"height": 9, "width": 9}, do_center_crop=False),
        "clip-pad": CLIPImageProcessor(size=7, crop_size={"height": 9, "width": 14}, rescale_factor=0.01),
    }
    cases = []
    for name, processor in processors.items():
        for image, array in images.items():
            values = processor(Image.fromarray(array), return_tensors="np")["pixel_values"][0]
            assert values.dtype in (np.float32, np.uint8)
            case = {"name": name, "image": image}
            pixels = text(values.astype("<f4").tobytes())
            cases.append({**case, "shape": list(values.shape), "pixels": pixels})
    configs = {name: json.loads(processor.to_json_string()) for name, processor in processors.items()}
    content = {"madeBy": made_by, "configs": configs, "cases": cases}
    (FOLDER / "processors.json").write_text(json.dumps(content, indent=1) + "\n")

    content = {"madeBy": made_by, "files": decoded()}
    (FOLDER / "decoded.json").write_text(json.dumps(content, indent=1) + "\n")


main()
