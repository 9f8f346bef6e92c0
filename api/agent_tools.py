"""What agents can do with the studio, as tools of the Model Context Protocol, whose library it loads."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import quote, urlencode

from mcp.server.fastmcp import Context, FastMCP, Image
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import Field, ValidationError
from starlette.concurrency import run_in_threadpool

from api.paths import root_of
from studio import VERSION, pictures, sheets
from studio.assembly import Studio
from studio.errors import StudioError
from studio.records.entities import Job, Output
from studio.records.gallery import Filter
from studio.request import VIEWS, AvatarRequest, TalkRequest, View
from studio.sheets import SheetOptions, plan
from studio.sheets.options import Layout
from studio.speech import SpeechRequest, keep

DOOR = "mcp"
LOOK_EVERY_S = 0.25
WAIT_S = 120.0  # a tool answers after so long at the latest, finished or not
MAX_SHOWN_BYTES = 900_000  # clients refuse answers of some megabytes
SHOWN_SIDE = 768
MAX_SHOWN = 6  # pictures in one answer

ABOUT = """\
AvatarForge Studio draws characters from words: one picture, the same character from four sides, character
sheets, and videos in which a character speaks. Every call records a job that goes on if you do not wait;
`job_status` tells how far it is and gives its pictures. Describe a character by body, face, hair, clothes and
things held; seeds make results repeatable. Addresses in answers lead to the full files."""

Words = Annotated[str, Field(description="Who is drawn: body, face, hair, clothes, what is held, mood")]
Clothing = Annotated[str, Field(description="What is worn, if it is to be kept apart from the prompt")]
Style = Annotated[str, Field(description="anime, cel, comic, watercolor, oil, 3d, pixel, chibi, sketch, …")]
Seed = Annotated[int | None, Field(description="The same seed and words give the same picture", ge=0)]
Side = Annotated[int | None, Field(description="Pixels", ge=64, le=2048)]
JobId = Annotated[str, Field(description="The id of a job, as other tools give it")]
Content = list[Any]


_T = TypeVar("_T")


def open_tools(studio: Studio, path: str) -> StreamableHTTPSessionManager:
    """A server of all tools, to be run and handed requests."""
    logging.getLogger("mcp").setLevel(logging.WARNING)  # it tells of every message
    server = FastMCP(
        "AvatarForge Studio",
        instructions=ABOUT,
        stateless_http=True,  # any answer may come from a studio that has been started anew meanwhile
        streamable_http_path=path,
        # Hosts and origins are judged for all routes alike, before a request comes here.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    server._mcp_server.version = VERSION
    tools = Tools(studio)
    for tool in (
        tools.generate_avatar,
        tools.generate_pose,
        tools.character_sheet,
        tools.talk,
        tools.job_status,
        tools.list_results,
    ):
        server.add_tool(tool, structured_output=False)
    server.streamable_http_app()  # which makes the manager
    return server.session_manager


class Tools:
    """What an agent can do; each docstring is what it reads."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    async def generate_avatar(
        self,
        context: Context,
        prompt: Words,
        clothing: Clothing = "",
        style: Style = "",
        realism: Annotated[bool, Field(description="Photo-like rather than drawn")] = False,
        negative_prompt: Annotated[str, Field(description="What to keep out")] = "",
        transparent: Annotated[bool, Field(description="No background")] = False,
        width: Side = None,
        height: Side = None,
        seed: Seed = None,
        variants: Annotated[int, Field(description="How many, each with its own seed", ge=1, le=4)] = 1,
    ) -> Content:
        """Draw a character from words, seen from the front, and give the picture.

        Use generate_pose for another side and character_sheet for all sides of one character.
        """
        request = _read(
            AvatarRequest,
            prompt=prompt,
            clothing=clothing,
            style=style,
            realism=realism,
            negative_prompt=negative_prompt,
            transparent=transparent,
            width=width,
            height=height,
            seed=seed,
            variants=variants,
        )
        return await self._made(context, await self._submitted(request))

    async def generate_pose(
        self,
        context: Context,
        view: Annotated[View, Field(description="The side that is seen")] = "quarter",
        pose: Annotated[str, Field(description="A pose of the library, such as sit or run")] = "",
        prompt: Words = "",
        job_id: Annotated[str, Field(description="Draw the character of this job instead of new words")] = "",
        clothing: Clothing = "",
        style: Style = "",
        seed: Seed = None,
    ) -> Content:
        """Draw one side of a character, in a pose if wanted, and give the picture.

        Name either `prompt` or the `job_id` of an earlier picture, whose words, look and seed it takes over.
        """
        values: dict[str, Any] = {"prompt": prompt}
        if job_id:
            job = await self._asked(self.studio.jobs.get, job_id)
            values = {
                name: job.request[name]
                for name in ("prompt", "clothing", "style", "realism", "negative_prompt", "seed", "model")
                if job.request.get(name) is not None
            }
        more = {"prompt": prompt, "clothing": clothing, "style": style, "seed": seed}
        values |= {name: value for name, value in more.items() if value not in ("", None)}
        if pose:
            known = await self._asked(self.studio.drafts.poses)
            pose = pose.lower().replace(" ", "_").replace("-", "_")
            if pose not in known:
                raise Sentence(f"There is no pose {pose!r}. There are: {', '.join(known)}.")
            values["pose_file_id"] = (await self._asked(self.studio.drafts.pose_file, pose)).id
        return await self._made(context, await self._submitted(_read(AvatarRequest, **values, views=(view,))))

    async def character_sheet(
        self,
        context: Context,
        prompt: Words = "",
        job_id: Annotated[
            str, Field(description="Arrange the pictures of this job instead of new ones")
        ] = "",
        clothing: Clothing = "",
        style: Style = "",
        seed: Seed = None,
        layout: Annotated[Layout, Field(description="game adds faces and colours")] = "turnaround",
        expressions: Annotated[bool, Field(description="Draw the usual expressions too")] = False,
        name: Annotated[str, Field(description="The character's name, written on the sheet")] = "",
        title: Annotated[str, Field(description="A line below the name")] = "",
        background: Annotated[list[str] | None, Field(description="Colours; [] is transparent")] = None,
    ) -> Content:
        """Draw the same character from front, back, side and quarter and compose them as a character sheet.

        With the `job_id` of finished views nothing is drawn again, only arranged.
        """
        if job_id:
            job = await self._asked(self.studio.jobs.get, job_id)
        else:
            request = _read(
                AvatarRequest, prompt=prompt, clothing=clothing, style=style, seed=seed, views=VIEWS
            )
            job = await self._submitted(request)
        job = await self._ended(context, job)
        if not job.outputs:
            return [self._told(context, job)]
        if expressions:
            for one in await self._asked(self._faces, job.id):
                await self._ended(context, one)
        values: dict[str, Any] = {"layout": layout, "name": name, "title": title}
        if background is not None:
            values["background"] = background
        options = _read(SheetOptions, **values)
        sheet = await self._asked(lambda: sheets.render(self.studio.jobs, job.id, options))
        text = {
            "job_id": job.id,
            "width": sheet.size[0],
            "height": sheet.size[1],
            "palette": [{"hex": swatch.hex, "name": swatch.name} for swatch in sheet.palette],
            "notes": [*job.notes, *sheet.notes],
            "url": self._address(context, _sheet_address(job.id, options)),
        }
        return [json.dumps(text, ensure_ascii=False), await run_in_threadpool(_shown, sheet.png)]

    async def talk(
        self,
        context: Context,
        job_id: Annotated[str, Field(description="The job whose first picture speaks")] = "",
        image_file_id: Annotated[str, Field(description="Or an uploaded picture")] = "",
        text: Annotated[str, Field(description="What is said")] = "",
        voice: Annotated[str, Field(description="By itself one that fits the text")] = "",
        audio_file_id: Annotated[str, Field(description="Or an uploaded recording instead of text")] = "",
        emotion: Annotated[str, Field(description="neutral, happy, sad, angry, surprised, …")] = "neutral",
        resolution: Literal[256, 512, 1024] = 512,
    ) -> Content:
        """Make a picture speak: a video in which mouth, eyes and head follow a text or a recording."""
        studio = self.studio
        if not image_file_id:
            job = await self._asked(studio.jobs.get, job_id)
            picture = next((one for one in job.outputs if one.media == "image"), None)
            if picture is None:
                raise Sentence(f"The job {job_id} has no picture that could speak; it is {job.status}.")
            path = studio.files.output_path(job.id, picture.name)
            kept = await self._asked(lambda: studio.files.store_bytes(path.read_bytes(), picture.name))
            image_file_id = kept.id
        if not audio_file_id:
            if not text:
                raise Sentence("Say what is to be said: give `text` or `audio_file_id`.")
            said = _read(SpeechRequest, text=text, voice=voice)
            spoken = await self._asked(studio.speech.speak, said)
            audio_file_id = (await self._asked(keep, studio.files, spoken, text)).id
        request = _read(
            TalkRequest,
            image_file_id=image_file_id,
            audio_file_id=audio_file_id,
            title=text[:200],
            emotion=emotion,
            resolution=resolution,
        )
        return await self._made(context, await self._submitted(request))

    async def job_status(self, context: Context, job_id: JobId) -> Content:
        """How far a job is, what became of it, and its pictures."""
        return await self._answer(context, await self._asked(self.studio.jobs.get, job_id))

    async def list_results(
        self,
        context: Context,
        search: Annotated[str, Field(description="Words that the prompt holds")] = "",
        favourites: Annotated[bool, Field(description="Only what somebody has marked")] = False,
        limit: Annotated[int, Field(ge=1, le=50)] = 10,
        pictures: Annotated[bool, Field(description="Show small pictures too")] = True,
    ) -> Content:
        """The newest results of the studio, with their jobs, prompts and addresses."""
        wanted = Filter(search=search, favourites=favourites)
        page = await self._asked(lambda: self.studio.gallery.page(wanted, limit=limit))
        listed: list[dict[str, Any]] = [
            {
                "job_id": item.output.job_id,
                "prompt": item.prompt,
                "view": item.output.view,
                "seed": str(item.seed),
                "url": self._address(context, f"/outputs/{item.output.job_id}/{item.output.name}"),
            }
            for item in page.items
        ]
        content: Content = [json.dumps({"results": listed}, ensure_ascii=False)]
        if pictures:
            seen = [item.output for item in page.items if item.output.media == "image"][:MAX_SHOWN]
            content += [await run_in_threadpool(self._thumbnail, output) for output in seen]
        return content

    # ------------------------------------------------------------------- inside

    def _faces(self, job_id: str) -> list[Job]:
        jobs = self.studio.jobs
        return plan.submit(jobs, job_id, plan.expressions(jobs, job_id), door=DOOR)

    async def _asked(self, verb: Callable[..., _T], *arguments: Any) -> _T:
        try:
            return await run_in_threadpool(verb, *arguments)
        except StudioError as error:
            raise Sentence(f"{error.message} {error.hint}".strip()) from error

    async def _submitted(self, request: AvatarRequest | TalkRequest) -> Job:
        return await self._asked(lambda: self.studio.jobs.submit(request, door=DOOR))

    async def _made(self, context: Context, job: Job) -> Content:
        return await self._answer(context, await self._ended(context, job))

    async def _ended(self, context: Context, job: Job) -> Job:
        """The job when it has ended, or as it is when it has taken too long; progress is told on the way."""
        deadline = time.monotonic() + WAIT_S
        told = -1.0
        while not job.is_final and time.monotonic() < deadline:
            if job.progress > told:
                told = job.progress
                await context.report_progress(told, 100, job.status)
            await asyncio.sleep(LOOK_EVERY_S)
            job = await self._asked(self.studio.jobs.get, job.id)
        return job

    async def _answer(self, context: Context, job: Job) -> Content:
        if job.status == "failed":
            error = job.error or {}
            why = f"{error.get('message', '')} {error.get('hint', '')}".strip()
            raise Sentence(f"The job {job.id} failed. {why}")
        seen = [output for output in job.outputs if output.media == "image"][:MAX_SHOWN]
        files = self.studio.files
        shown = [
            await run_in_threadpool(
                lambda output=output: _shown(files.output_path(output.job_id, output.name).read_bytes())
            )
            for output in seen
        ]
        return [self._told(context, job), *shown]

    def _told(self, context: Context, job: Job) -> str:
        told = {
            "job_id": job.id,
            "status": job.status,
            "progress": round(job.progress, 1),
            "seed": str(job.seed),  # larger than numbers may be in JSON
            "workflow": job.workflow,
            "notes": list(job.notes),
            "files": [
                {
                    "view": output.view,
                    "type": output.mime_type,
                    "url": self._address(context, f"/outputs/{output.job_id}/{output.name}"),
                }
                for output in job.outputs
            ],
        }
        if not job.is_final:
            told["next"] = "It goes on by itself; ask job_status again."
        return json.dumps(told, ensure_ascii=False)

    def _address(self, context: Context, path: str) -> str:
        request = context.request_context.request
        base = self.studio.settings.public_base_url
        if not base and request is not None:
            base = f"{request.url.scheme}://{request.url.netloc}{root_of(request.scope)}"
        return f"{base}{path}"

    def _thumbnail(self, output: Output) -> Any:
        return _image(self.studio.gallery.thumbnails.get(output).read_bytes())


class Sentence(Exception):  # noqa: N818 - the library shows it to the agent as it is
    """What an agent is told when something cannot be done."""


def _read(kind: type[_T], **values: Any) -> _T:
    try:
        return kind(**values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Sentence(f"{where}: {first['msg']}") from error


def _shown(data: bytes) -> Any:
    """A picture for an answer, made smaller if it is large."""
    return _image(data if len(data) <= MAX_SHOWN_BYTES else pictures.thumbnail(data, SHOWN_SIDE))


def _image(data: bytes) -> Any:
    kinds = {b"\x89PN": "png", b"\xff\xd8\xff": "jpeg"}
    return Image(data=data, format=kinds.get(data[:3], "webp"))


def _sheet_address(job_id: str, options: SheetOptions) -> str:
    """Where the whole sheet is."""
    asked = {"options": options.model_dump_json(exclude_defaults=True)}
    return f"/avatarforge-controller/sheets/{quote(job_id)}/sheet.png?{urlencode(asked, quote_via=quote)}"
