"""What the command line takes, and which function does it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from studio.cli import characters, jobs, making

LANDMARKS = '{"left_eye": [x, y], "right_eye": …, "mouth": …} in shares of the sides, if no face is found'
EXIT_CODES = """exit codes:
  0    done
  1    the work failed or was cancelled; doctor: something has to be mended
  2    the command line cannot be read
  3    no studio or no server answers, or time was up
  4    refused: the request, the words or a file cannot be used
  130  interrupted with Ctrl-C; behind an address the job goes on, here with the next start"""


def read_arguments(argv: Sequence[str]) -> argparse.Namespace:
    """The verb and its values; `do` is the function that does it."""
    everywhere = _everywhere()
    parser = argparse.ArgumentParser(
        prog="python -m studio",
        description="Characters from words: pictures, views from all sides, sheets.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(title="verbs", dest="verb", required=True, metavar="VERB")

    avatar = verbs.add_parser("avatar", parents=[everywhere, _wishes()], help="one picture from words")
    avatar.set_defaults(do=making.avatar)
    pose = verbs.add_parser("pose", parents=[everywhere, _wishes()], help="views from chosen sides")
    views = ("front", "quarter", "side", "back")
    pose.add_argument("--view", action="append", choices=views, help="may be given several times")
    pose.set_defaults(do=making.pose)
    sheet = verbs.add_parser("sheet", parents=[everywhere, _wishes()], help="a character sheet of four views")
    sheet.add_argument("--layout", choices=("row", "grid", "turnaround", "game"), default="row")
    sheet.add_argument("--name", default="", help="the character's name, written on the sheet")
    sheet.add_argument("--title", default="", help="a line below the name")
    sheet.set_defaults(do=making.sheet)

    talk = verbs.add_parser("talk", parents=[everywhere, _results()], help="a picture that speaks")
    talk.add_argument("picture", help="a PNG or JPG with one face")
    talk.add_argument("recording", nargs="?", help="a WAV, MP3, FLAC, OGG or M4A of somebody who speaks")
    talk.add_argument("--text", help="in place of a recording: what a voice of the studio says")
    talk.add_argument("--voice", help="which one")
    talk.add_argument("--emotion", help="neutral, happy, sad, angry, surprised, ...")
    talk.add_argument("--fps", type=int, help="pictures in a second, 10 to 60 (25)")
    talk.add_argument("--resolution", type=int, choices=(256, 512, 1024), help="width and height (512)")
    talk.add_argument("--seed", type=int)
    talk.add_argument("--landmarks", type=json.loads, metavar="JSON", help=LANDMARKS)
    _add_engine(talk)
    talk.add_argument("--key", help="a name of your own: the same request under it makes one job")
    talk.set_defaults(do=making.talk)

    _add_jobs(verbs, everywhere)
    _add_characters(verbs, everywhere)
    _add_space(verbs)
    # Its own arguments are read by the app itself.
    verbs.add_parser("serve", help="the interface and the REST API, as python app.py", add_help=False)
    doctor = verbs.add_parser("doctor", parents=[everywhere], help="check the set-up and say what to do")
    doctor.set_defaults(do=_doctor)
    return parser.parse_args(argv)


def _add_characters(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], everywhere: argparse.ArgumentParser
) -> None:
    parser = verbs.add_parser("characters", help="list, create, export, import")
    actions = parser.add_subparsers(title="actions", dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", parents=[everywhere], help="the newest characters")
    listing.add_argument("--search", default="", help="words of name, biography and look")
    listing.add_argument("--limit", type=int, default=20)
    listing.set_defaults(do=characters.list_characters)
    create = actions.add_parser("create", parents=[everywhere], help="a character from a sentence")
    create.add_argument("words", help="who it is, in words")
    create.add_argument("--name", help="else the one that the words give")
    create.set_defaults(do=characters.create)
    export = actions.add_parser("export", parents=[everywhere], help="everything of a character as one ZIP")
    export.add_argument("id", help="its id, or its name")
    export.add_argument("-o", "--out", default=".", help="a folder, or the file")
    export.add_argument("--contents", choices=("all", "approved", "none"), default="all")
    export.set_defaults(do=characters.export)
    load = actions.add_parser("import", parents=[everywhere], help="the character of such a ZIP")
    load.add_argument("bundle", help="the ZIP")
    load.add_argument("--name", help="another name for it")
    load.set_defaults(do=characters.load)


def _add_space(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = verbs.add_parser("space", help="bring the studio to a Hugging Face Space")
    actions = parser.add_subparsers(title="actions", dest="action", required=True, metavar="ACTION")
    deploy = actions.add_parser("deploy", help="create a Space from this checkout, or update it")
    deploy.add_argument("name", metavar="OWNER/NAME")
    deploy.add_argument("--private", action="store_true", help="only its owner sees the Space")
    deploy.add_argument("--hardware", default="", help="as the Hub names it, such as cpu-upgrade")
    for option, said in (("secret", "kept from everybody's eyes"), ("variable", "for everybody to read")):
        deploy.add_argument(
            f"--{option}",
            action="append",
            default=[],
            metavar="NAME[=VALUE]",
            help=f"a setting of the studio, {said}; without a value, that of this environment",
        )
    deploy.add_argument("--json", action="store_true", help="answer with one JSON value")
    deploy.set_defaults(do=_deploy, url=None, api_key=None)


def _deploy(arguments: argparse.Namespace) -> int:
    from studio.cli.spaces import deploy

    return deploy(arguments)


def _doctor(arguments: argparse.Namespace) -> int:
    from studio.cli.doctor import doctor

    return doctor(arguments)


def _everywhere() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    where = common.add_argument_group("where")
    where.add_argument("--url", help="a running studio; else STUDIO_URL, else the work is done here")
    where.add_argument("--api-key", help="for a studio that asks for one; else STUDIO_API_KEY")
    where.add_argument(
        "--folder", type=Path, help="keep records and files below it, when the work is done here"
    )
    where.add_argument("--json", action="store_true", help="answer with one JSON value")
    return common


def _results() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument(
        "-o", "--out", default=".", help="a folder (ends with /), or the file of a single result"
    )
    parser.add_argument(
        "--no-wait", action="store_true", help="only submit; behind an address the job goes on"
    )
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="wait no longer")
    return parser


def _add_engine(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--embedded", action="store_const", const="embedded", dest="engine", help="on the embedded engine"
    )


def _wishes() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, parents=[_results()])
    parser.add_argument("prompt", help="the character in words")
    wishes = parser.add_argument_group("the picture")
    for name, said in (
        ("clothing", "what it wears"),
        ("style", "watercolor, pixel art, oil, ..."),
        ("negative-prompt", "what should not be in the picture"),
        ("workflow", "a workflow of the library, by name"),
        ("model", "a checkpoint of the server, by name"),
        ("sampler", "the sampler's name"),
        ("scheduler", "the scheduler's name"),
        ("pose", "a picture of an OpenPose skeleton"),
        ("reference", "a picture of the character"),
    ):
        wishes.add_argument(f"--{name}", help=said)
    for name in ("width", "height", "seed", "variants", "steps"):
        wishes.add_argument(f"--{name}", type=int)
    wishes.add_argument("--cfg", type=float)
    wishes.add_argument("--framing", choices=("full", "bust", "portrait"))
    wishes.add_argument("--realism", action="store_true", default=None)
    wishes.add_argument("--transparent", action="store_true", default=None, help="no background")
    _add_engine(wishes)
    keeping = parser.add_argument_group("the job")
    keeping.add_argument("--key", help="a name of your own: the same request under it makes one job")
    keeping.add_argument("--priority", type=int)
    return parser


def _add_jobs(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], everywhere: argparse.ArgumentParser
) -> None:
    parser = verbs.add_parser("jobs", help="list, show, wait, save, cancel, retry")
    actions = parser.add_subparsers(title="actions", dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", parents=[everywhere], help="the newest jobs of every door")
    listing.add_argument("--status", action="append", default=[], choices=jobs.STATUSES)
    listing.add_argument("--search", default="", help="words of the prompt")
    listing.add_argument("--limit", type=int, default=20)
    listing.set_defaults(do=jobs.list_jobs)
    for name, do, said in (
        ("show", jobs.show, "one job in full"),
        ("wait", jobs.wait, "wait until it is done"),
        ("save", jobs.save, "keep its files"),
        ("cancel", jobs.cancel, "stop it"),
        ("retry", jobs.retry, "make what failed once more"),
    ):
        action = actions.add_parser(name, parents=[everywhere], help=said)
        action.add_argument("id", help="its id, or the first letters of it")
        if name in {"save", "wait", "retry"}:
            action.add_argument("-o", "--out", default=".", help="a folder for the files")
        if name in {"wait", "retry"}:
            action.add_argument("--timeout", type=float, metavar="SECONDS", help="wait no longer")
        action.set_defaults(do=do)
