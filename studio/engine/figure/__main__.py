"""`python -m studio.engine.figure`: contact sheets, or one picture, without a server."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from studio.engine.figure import Camera, DrawRequest, draw

SUBJECTS = ("characters", "styles", "expressions", "poses", "hair", "scenes", "garments")


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments and write PNG files."""
    parser = argparse.ArgumentParser(prog="python -m studio.engine.figure", description=__doc__)
    parser.add_argument("--contact-sheet", metavar="DIR", type=Path, help="write contact sheets into DIR")
    parser.add_argument("--only", choices=SUBJECTS, help="only the sheets of this subject")
    parser.add_argument("--prompt", metavar="WORDS", help="draw one character instead")
    parser.add_argument("--negative", metavar="WORDS", default="", help="what it shall not have")
    parser.add_argument("--out", type=Path, default=Path("character.png"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--style")
    parser.add_argument("--yaw", type=float, help="degrees; 90 shows the character's left side")
    parser.add_argument("--pitch", type=float, default=0.0, help="degrees; above 0 looks down on it")
    parser.add_argument("--framing", choices=("full", "bust", "portrait"), default="full")
    parser.add_argument("--transparent", action="store_true")
    parser.add_argument("--size", default="512x768", help="WIDTHxHEIGHT")
    args = parser.parse_args(arguments)
    if args.contact_sheet is not None:
        from studio.engine.figure.sheets import write_sheets

        for path in write_sheets(args.contact_sheet, args.only):
            print(path, flush=True)
        return
    if args.prompt is None:
        parser.error("say --prompt WORDS, or --contact-sheet DIR")
    size = args.size.lower().split("x")
    if len(size) != 2 or not all(side.strip().isdecimal() for side in size):
        parser.error(f"--size is WIDTHxHEIGHT, as in 512x768, not {args.size!r}")
    said_nothing = args.yaw is None and not args.pitch and args.framing == "full"
    request = DrawRequest(
        args.prompt,
        negative=args.negative,
        seed=args.seed,
        style=args.style,
        width=int(size[0]),
        height=int(size[1]),
        transparent=args.transparent,
        camera=None if said_nothing else Camera(args.yaw or 0.0, args.pitch, args.framing),
    )
    begin = time.perf_counter()
    try:
        picture = draw(request)
    except ValueError as reason:
        parser.exit(2, f"{reason}\n")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture.rgba).save(args.out)
    print(f"{args.out} in {time.perf_counter() - begin:.2f} s")
    if picture.not_drawn:
        print("not drawn: " + "; ".join(picture.not_drawn))


if __name__ == "__main__":
    main()
