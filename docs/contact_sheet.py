"""Figures as others see them: sheets at print size, in colour, in grey, and colour-blind.

python docs/contact_sheet.py results/figures --output sheets [--only figure_4 qc]

Each figure is set at its printed size (150 pixels per inch) on sheets for each way of seeing.
The matrices are those of Machado, Oliveira & Fernandes (2009), severity 1, for linear RGB.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

#: Pixels per inch of a sheet, of the saved figures, and the sheet's size in inches.
SHEET_DPI, FIGURE_DPI = 150, 300
SHEET = (14.0, 10.0)
GAP = 18

#: ITU-R BT.709 luminance, three times: grey.
GREY = np.tile([0.2126, 0.7152, 0.0722], (3, 1))
VISIONS = {
    "colour": np.eye(3),
    "grey": GREY,
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
         [0.004733, 0.691367, 0.303900]]
    ),
}  # fmt: skip


def seen(picture: Image.Image, matrix: np.ndarray) -> Image.Image:
    """`picture` (sRGB) as an eye sees it whose response to linear RGB is `matrix`."""
    encoded = np.asarray(picture.convert("RGB"), dtype=np.float64) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ matrix.T, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return Image.fromarray(np.rint(255 * encoded).astype(np.uint8))


def at_print_size(path: Path) -> Image.Image:
    """A saved figure at SHEET_DPI."""
    with Image.open(path) as picture:
        size = [max(1, round(side * SHEET_DPI / FIGURE_DPI)) for side in picture.size]
        return picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def sheets(pictures: list[Image.Image]) -> list[Image.Image]:
    """Pictures set in columns from top to bottom, on as many sheets as they need."""
    width, height = (round(side * SHEET_DPI) for side in SHEET)
    made: list[Image.Image] = []
    x = y = column = 0
    for picture in pictures:
        if y and y + picture.height > height:
            x, y, column = x + column + GAP, 0, 0
        if not made or (x and x + picture.width > width):
            made.append(Image.new("RGB", (width, height), "#888888"))
            x = y = column = 0
        made[-1].paste(picture, (x, y))
        y, column = y + picture.height + GAP, max(column, picture.width)
    return made


def main() -> None:
    """Write the sheets and say where they are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figures", type=Path, help="folder of the figures (PNG)")
    parser.add_argument("--output", type=Path, required=True, help="folder for the sheets")
    parser.add_argument("--only", nargs="+", default=[], help="names of figures; all if left out")
    args = parser.parse_args()
    paths = sorted(args.figures.glob("*.png"))
    pictures = [at_print_size(p) for p in paths if not args.only or p.stem in args.only]
    args.output.mkdir(parents=True, exist_ok=True)
    for vision, matrix in VISIONS.items():
        for number, sheet in enumerate(sheets([seen(p, matrix) for p in pictures]), start=1):
            target = args.output / f"{vision}.{number}.png"
            sheet.save(target)
            print(target)


if __name__ == "__main__":
    main()
