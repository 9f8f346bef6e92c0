"""Kept faces: a picture each, where the face is in it, and its vector where models for that are installed."""

from __future__ import annotations

import dataclasses
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from studio import face_models, pictures, visitors
from studio.disk import display_name, full_disk_is_said
from studio.errors import StudioError
from studio.given import given
from studio.jobs import Jobs
from studio.quality import Face, read_face
from studio.records import embeddings as records
from studio.records.embeddings import METHODS, Embedding, Method
from studio.records.files import StoredFile
from studio.request import AvatarRequest, with_values

__all__ = ["METHODS", "Alike", "Checked", "Embedding", "Faces", "Method"]

LEAST_FACE_PX = 64  # narrower ones have too little for a model to go by
COMPARED = 500  # of the newest others
# By which nodes a workflow follows a face in each manner.
_NODES: dict[Method, tuple[str, ...]] = {
    "ip-adapter": ("ipadapter",),
    "ip-adapter-plus": ("ipadapter",),
    "instantid": ("instantid",),
    "faceid": ("faceid",),
}
# Nodes of another manner, whose names have those of this one in them.
_OTHER_NODES: dict[Method, tuple[str, ...]] = dict.fromkeys(
    ("ip-adapter", "ip-adapter-plus"), ("faceid", "instantid")
)


@dataclass(frozen=True)
class Checked:
    """Whether a kept face can be used, and what speaks against it."""

    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    metadata: dict[str, Any]

    @property
    def is_valid(self) -> bool:
        """Whether nothing keeps it from being used."""
        return not self.errors


@dataclass(frozen=True)
class Alike:
    """Another kept face, and how alike it is: 1 for the same picture, 0 for nobody that is related."""

    face: Embedding
    similarity: float
    is_same: bool  # of one person, by the limit that the model's makers give


class Faces:
    """Everything that can be done with kept faces; holds no state beside the records."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self.database = jobs.database
        self.files = jobs.files
        self.settings = jobs.settings

    # ---------------------------------------------------------------- finding

    def get(self, embedding_id: str) -> Embedding:
        """One kept face."""
        found = records.find(self.database, embedding_id)
        if found is None:
            raise StudioError("embedding_not_found", id=display_name(embedding_id)[:100])
        return found

    def page(self, limit: int = 50, offset: int = 0) -> tuple[list[Embedding], int]:
        """The newest faces, and how many there are."""
        return records.page(self.database, limit, offset)

    def picture(self, face: Embedding) -> StoredFile | None:
        """The upload with its picture, unless somebody has deleted that by force."""
        file = self.files.needed(face.file_id)
        return file if self.files.path_if_there(file.id) is not None else None

    def models(self) -> face_models.FaceModels:
        """The models for faces, as far as they are installed."""
        return face_models.installed(self.settings)

    # --------------------------------------------------------------- changing

    @full_disk_is_said()
    def extract(
        self,
        *,
        url: str | None = None,
        path: str | None = None,
        name: str | None = None,
        method: Method = "ip-adapter",
        base_url: str = "",
    ) -> Embedding:
        """Keep the face of a picture, for as long as nobody deletes it."""
        file = given(self.files, url=url, path=path, base_url=base_url)
        seen = face_models.look(self.models(), self.files.path_of(file.id))
        face = Embedding(
            id=str(uuid.uuid4()),
            name=name or None,
            method=method,
            file_id=file.id,
            faces=[dataclasses.asdict(one) for one in seen.faces],
            finder=seen.finder,
            vector=seen.vector,
            vector_by=seen.vector_by,
            visitor=visitors.asking().name,
            created_at=time.time(),
        )
        with self.database.write() as connection:
            records.insert(connection, face)
        return face

    def delete(self, embedding_id: str) -> None:
        """Forget a face; jobs that used it still have their picture."""
        with self.database.write() as connection:
            if not records.remove(connection, self.get(embedding_id).id):
                raise StudioError("embedding_not_found", id=display_name(embedding_id)[:100])

    # ---------------------------------------------------------------- looking

    def check(self, face: Embedding) -> Checked:
        """Whether its picture is there and shows one face that is large enough."""
        file = self.picture(face)
        if file is None:
            return Checked(("Its picture was deleted. Extract the face again.",), (), {})
        errors: list[str] = []
        place = self.files.path_of(file.id)
        try:
            facts = pictures.inspect(place)
        except (StudioError, OSError) as error:
            return Checked((f"Its picture cannot be read any more: {error}",), (), {})
        faces = [read_face(one) for one in face.faces]
        return Checked(
            tuple(errors),
            tuple(_warnings(faces, face.finder)),
            {
                "width": facts.width,
                "height": facts.height,
                "format": facts.format,
                "file_size": file.size,
                "faces": face.faces,
                "finder": face.finder,
                "vector_by": face.vector_by,
                "vector_length": len(face.vector) // 4 if face.vector else None,
            },
        )

    def complete(self, face: Embedding) -> Embedding:
        """The face with a vector, where the models for it were installed since it was kept."""
        models = self.models()
        if models.recognizer is None or face.vector_by == models.recognizer.name:
            return face
        file = self.picture(face)
        if file is None:
            return face
        seen = face_models.look(models, self.files.path_of(file.id))
        if seen.vector is None or seen.vector_by is None:
            return face
        found = [dataclasses.asdict(one) for one in seen.faces]
        records.set_vector(self.database, face.id, found, seen.finder, seen.vector, seen.vector_by)
        return self.get(face.id)

    def alike(self, face: Embedding, limit: int = 10) -> list[Alike]:
        """The other faces with a vector by the same model, the most alike first."""
        if face.vector is None:
            return []
        others = records.comparable(self.database, face, COMPARED)
        found = [(face_models.similarity(face.vector, other.vector or b""), other) for other in others]
        found.sort(key=lambda one: -one[0])
        return [
            Alike(other, round(value, 4), value >= face_models.SAME_PERSON) for value, other in found[:limit]
        ]

    # -------------------------------------------------------------- following

    def follow(self, request: AvatarRequest, method: Method) -> AvatarRequest:
        """The request with a workflow that follows its reference so, or a refusal with the reason.

        The embedded engine knows one way to follow a reference, which stands for all of them.
        """
        if not self._has_comfy(request):
            self.jobs.preflight(request)
            return request
        names = self.workflows(method)
        why = "no workflow of the library has the nodes for it; upload one that has"
        for name in names:
            pinned = with_values(request, workflow=name)
            try:
                self.jobs.preflight(pinned)
            except StudioError as error:
                if error.code != "workflow_impossible":
                    raise
                why = error.message
                continue
            return pinned
        raise StudioError("face_method_impossible", method=method, why=why.rstrip("."))

    def workflows(self, method: Method) -> list[str]:
        """The workflows that follow a reference picture in this manner, whether they can run now or not."""
        wanted, others = _NODES[method], _OTHER_NODES.get(method, ())
        found: list[str] = []
        for workflow in list(self.jobs.library.values()):
            if "reference_image" not in workflow.manifest.slots or workflow.manifest.engine != "comfy":
                continue
            nodes = " ".join(str(node.get("class_type", "")).lower() for node in workflow.graph.values())
            if any(sign in nodes for sign in wanted) and not any(sign in nodes for sign in others):
                found.append(workflow.name)
        return found

    def methods(self) -> dict[Method, str]:
        """The manners that can be followed now, each with what would follow it."""
        if not any(server.kind == "comfy" for server in self.jobs.pool.servers):
            at_hand = self.jobs.pool.online("embedded")
            return dict.fromkeys(METHODS, "the embedded engine, by colours only") if at_hand else {}
        # By their nodes; whether the models are there too is said when a picture is asked for.
        found: dict[Method, str] = {}
        for method in METHODS:
            for name in self.workflows(method):
                if self._runs(name):
                    found[method] = name
                    break
        return found

    def _runs(self, name: str) -> bool:
        workflow = self.jobs.library[name]
        needed = {node for part in workflow.manifest.optional for node in part.nodes}
        nodes = {str(node["class_type"]) for key, node in workflow.graph.items() if key not in needed}
        return any(
            server.info is not None and server.info.has(*nodes) for server in self.jobs.pool.online("comfy")
        )

    def _has_comfy(self, request: AvatarRequest) -> bool:
        return request.engine == "auto" and any(server.kind == "comfy" for server in self.jobs.pool.servers)


def _warnings(faces: Sequence[Face], finder: str) -> list[str]:
    if not faces and finder == face_models.RECIPE:
        return [
            "No face is to be seen in it: its own recipe says that it was drawn from behind, or out of the "
            "picture. The whole picture is the reference."
        ]
    if not faces:
        return [
            f"No face was found in it by {finder}; it may be turned away, hidden or drawn in an unusual way. "
            "The whole picture is the reference."
        ]
    found: list[str] = []
    if len(faces) > 1:
        found.append(f"{len(faces)} faces were found; the largest one counts. Crop the picture to one.")
    if faces[0].width < LEAST_FACE_PX:
        found.append(
            f"The face is only {faces[0].width} pixels wide; {LEAST_FACE_PX} or more are better. "
            "Take a closer or a larger picture."
        )
    return found
