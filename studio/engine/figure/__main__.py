"""`python -m studio.engine.figure`: contact sheets, or one picture, without a server."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from PIL import Image

from studio.engine.figure import Camera, DrawRequest, draw


def main() -> None:
    """Read the arguments and write PNG files."""
    parser = argparse.ArgumentParser(prog="python -m studio.engine.figure", description=__doc__)
    parser.add_argument("--contact-sheet", metavar="DIR", type=Path, help="write all contact sheets into DIR")
    parser.add_argument("--words", help="draw one character instead")
    parser.add_argument("--out", type=Path, default=Path("character.png"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--style")
    parser.add_argument("--yaw", type=float, default=0.0)
    parser.add_argument("--framing", choices=("full", "bust", "portrait"), default="full")
    parser.add_argument("--size", default="512x768", help="WIDTHxHEIGHT")
    args = parser.parse_args()
    if args.contact_sheet is not None:
        from studio.engine.figure.sheets import write_sheets

        for path in write_sheets(args.contact_sheet):
            print(path)
        return
    if not args.words:
        parser.error("say --words, or --contact-sheet DIR")
    width, _, height = args.size.partition("x")
    camera = Camera(args.yaw, 0.0, args.framing)
    begin = time.perf_counter()
    picture = draw(
        DrawRequest(
            args.words, seed=args.seed, style=args.style, width=int(width), height=int(height), camera=camera
        )
    )
    Image.fromarray(picture.rgba).save(args.out)
    print(f"{args.out} in {time.perf_counter() - begin:.2f} s")
    if picture.not_drawn:
        print("not drawn: " + "; ".join(picture.not_drawn))


if __name__ == "__main__":
    main()
