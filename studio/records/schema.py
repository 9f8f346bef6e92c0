"""The tables and their migrations; a migration that has been released is never edited again."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from studio.records import (
    character_tables,
    content_tables,
    fault_tables,
    hook_tables,
    image_tables,
    mirror_tables,
    voice_tables,
)

migrations = Migrations("studio")


def _run(db: Database, script: str) -> None:
    # executescript would commit the migration's transaction, so statements go one by one.
    for statement in script.split(";\n\n"):
        if statement.strip():
            db.conn.execute(statement)


@migrations(name="0001_first")
def first(db: Database) -> None:
    """Jobs, their tasks and outputs, uploads and who needs them, events, servers and settings."""
    _run(
        db,
        """
CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    door TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('queued', 'processing', 'completed', 'failed', 'cancelled')),
    priority INTEGER NOT NULL DEFAULT 0,
    prompt TEXT NOT NULL DEFAULT '',
    request TEXT NOT NULL,
    workflow TEXT NOT NULL,
    engine TEXT NOT NULL,
    seed INTEGER NOT NULL,
    parent_id TEXT,
    metadata TEXT,
    notes TEXT NOT NULL DEFAULT '[]',
    error TEXT,
    progress REAL NOT NULL DEFAULT 0,
    created_at REAL NOT NULL,
    run_at REAL NOT NULL,
    deadline_at REAL NOT NULL,
    started_at REAL,
    completed_at REAL
);

CREATE INDEX jobs_by_kind ON jobs (kind, seq);

CREATE INDEX jobs_by_status ON jobs (kind, status, seq);

CREATE INDEX jobs_by_parent ON jobs (parent_id) WHERE parent_id IS NOT NULL;

CREATE TABLE needs (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);

CREATE TABLE tasks (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    view TEXT NOT NULL,
    seed INTEGER NOT NULL,
    needs INTEGER NOT NULL REFERENCES needs (id),
    status TEXT NOT NULL CHECK (status IN ('queued', 'processing', 'completed', 'failed', 'cancelled')),
    priority INTEGER NOT NULL DEFAULT 0,
    run_at REAL NOT NULL,
    deadline_at REAL NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 1,
    failures INTEGER NOT NULL DEFAULT 0,
    losses INTEGER NOT NULL DEFAULT 0,
    lease_token TEXT,
    lease_until REAL,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    server TEXT,
    prompt_id TEXT,
    sent_at REAL,
    progress REAL NOT NULL DEFAULT 0,
    error TEXT,
    created_at REAL NOT NULL,
    started_at REAL,
    completed_at REAL,
    UNIQUE (job_id, position)
);

CREATE INDEX tasks_ready ON tasks (priority DESC, seq)
WHERE lease_token IS NULL AND status IN ('queued', 'processing');

CREATE INDEX tasks_leased ON tasks (lease_until) WHERE lease_token IS NOT NULL;

CREATE TABLE outputs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    filename TEXT NOT NULL,
    view TEXT NOT NULL,
    media TEXT NOT NULL,
    mime_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    width INTEGER,
    height INTEGER,
    sha256 TEXT NOT NULL,
    created_at REAL NOT NULL,
    UNIQUE (job_id, name)
);

CREATE INDEX outputs_by_task ON outputs (task_id);

CREATE TABLE files (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    sha256 TEXT NOT NULL UNIQUE,
    filename TEXT NOT NULL,
    mime_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    width INTEGER,
    height INTEGER,
    created_at REAL NOT NULL,
    used_at REAL NOT NULL,
    deleted_at REAL
);

CREATE INDEX files_by_use ON files (used_at);

CREATE TABLE file_references (
    file_id TEXT NOT NULL REFERENCES files (id),
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    PRIMARY KEY (file_id, job_id, role)
) WITHOUT ROWID;

CREATE INDEX file_references_by_job ON file_references (job_id);

CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    task_id TEXT,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    at REAL NOT NULL
);

CREATE INDEX events_by_job ON events (job_id, seq);

CREATE TABLE servers (
    url TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    paused INTEGER NOT NULL DEFAULT 0,
    seen_at REAL,
    info TEXT NOT NULL DEFAULT '{}'
);

CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at REAL NOT NULL);

CREATE TABLE idempotency (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    created_at REAL NOT NULL,
    PRIMARY KEY (scope, key)
) WITHOUT ROWID;

CREATE INDEX idempotency_by_job ON idempotency (job_id);

CREATE TABLE job_counts (
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (kind, status)
) WITHOUT ROWID;

CREATE TRIGGER jobs_counted_in AFTER INSERT ON jobs BEGIN
    INSERT INTO job_counts VALUES (new.kind, new.status, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER jobs_counted_out AFTER DELETE ON jobs BEGIN
    UPDATE job_counts SET count = count - 1 WHERE kind = old.kind AND status = old.status;
END;

CREATE TRIGGER jobs_recounted AFTER UPDATE OF status ON jobs WHEN old.status <> new.status BEGIN
    UPDATE job_counts SET count = count - 1 WHERE kind = old.kind AND status = old.status;
    INSERT INTO job_counts VALUES (new.kind, new.status, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER jobs_final_is_final BEFORE UPDATE OF status ON jobs
WHEN old.status IN ('completed', 'failed', 'cancelled') AND old.status <> new.status BEGIN
    SELECT RAISE(ABORT, 'a final state is never left');
END;

CREATE TRIGGER tasks_final_is_final BEFORE UPDATE OF status ON tasks
WHEN old.status IN ('completed', 'failed', 'cancelled') AND old.status <> new.status BEGIN
    SELECT RAISE(ABORT, 'a final state is never left');
END;

CREATE VIRTUAL TABLE jobs_fts USING fts5 (
    prompt, content='jobs', content_rowid='seq', tokenize='unicode61 remove_diacritics 2'
);

CREATE TRIGGER jobs_fts_in AFTER INSERT ON jobs BEGIN
    INSERT INTO jobs_fts (rowid, prompt) VALUES (new.seq, new.prompt);
END;

CREATE TRIGGER jobs_fts_out AFTER DELETE ON jobs BEGIN
    INSERT INTO jobs_fts (jobs_fts, rowid, prompt) VALUES ('delete', old.seq, old.prompt);
END;
""",
    )


@migrations(name="0002_consistency")
def consistency(db: Database) -> None:
    """Tasks that wait for another's picture, tries of a view, and how far from the front view it is."""
    _run(
        db,
        """
ALTER TABLE tasks ADD COLUMN step TEXT NOT NULL DEFAULT '{}';

ALTER TABLE tasks ADD COLUMN follows TEXT;

ALTER TABLE tasks ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;

ALTER TABLE tasks ADD COLUMN tries TEXT NOT NULL DEFAULT '[]';

ALTER TABLE outputs ADD COLUMN drift TEXT;
""",
    )


@migrations(name="0004_installs")
def installs(db: Database) -> None:
    """Model files that are fetched for a ComfyUI."""
    _run(
        db,
        """
CREATE TABLE installs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    address TEXT NOT NULL,
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('queued', 'processing', 'completed', 'failed', 'cancelled')),
    done_bytes INTEGER NOT NULL DEFAULT 0,
    size_bytes INTEGER,
    sha256 TEXT,
    error TEXT,
    owner TEXT,
    owner_seen_at REAL,
    created_at REAL NOT NULL,
    completed_at REAL
);

CREATE UNIQUE INDEX installs_under_way ON installs (folder, name) WHERE status IN ('queued', 'processing');
""",
    )


@migrations(name="0005_runs")
def runs(db: Database) -> None:
    """How long work took on which server, and servers that were added while the studio ran."""
    _run(
        db,
        """
CREATE TABLE runs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    server TEXT NOT NULL,
    workflow TEXT NOT NULL,
    models TEXT NOT NULL,
    megapixels REAL NOT NULL,
    steps INTEGER NOT NULL,
    seconds REAL NOT NULL,
    is_cold INTEGER NOT NULL,
    at REAL NOT NULL
);

CREATE INDEX runs_by_kind ON runs (server, workflow, models, megapixels, steps, is_cold, seq);

ALTER TABLE servers ADD COLUMN address TEXT;
""",
    )


@migrations(name="0003_gallery")
def gallery(db: Database) -> None:
    """What the gallery knows of each output; triggers keep it in step, so that nobody else need do so."""
    _run(
        db,
        """
CREATE TABLE gallery (
    seq INTEGER PRIMARY KEY,
    output_id TEXT NOT NULL UNIQUE REFERENCES outputs (id) ON DELETE CASCADE,
    job_seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    media TEXT NOT NULL,
    view TEXT NOT NULL,
    style TEXT NOT NULL COLLATE NOCASE,
    model TEXT NOT NULL,
    workflow TEXT NOT NULL,
    created_at REAL NOT NULL,
    favourite INTEGER NOT NULL DEFAULT 0,
    copy_of TEXT,
    deleted_at REAL
);

CREATE INDEX gallery_by_job ON gallery (job_seq);

CREATE INDEX gallery_by_view ON gallery (view, seq)
WHERE deleted_at IS NULL AND copy_of IS NULL;

CREATE INDEX gallery_by_style ON gallery (style, seq)
WHERE deleted_at IS NULL AND copy_of IS NULL;

CREATE INDEX gallery_by_model ON gallery (model, seq)
WHERE deleted_at IS NULL AND copy_of IS NULL;

CREATE INDEX gallery_by_workflow ON gallery (workflow, seq)
WHERE deleted_at IS NULL AND copy_of IS NULL;

CREATE INDEX gallery_by_kind ON gallery (kind, seq)
WHERE deleted_at IS NULL AND copy_of IS NULL;

CREATE INDEX gallery_by_media ON gallery (media, seq)
WHERE deleted_at IS NULL AND copy_of IS NULL;

CREATE INDEX gallery_by_day ON gallery (created_at, seq)
WHERE deleted_at IS NULL AND copy_of IS NULL;

CREATE INDEX gallery_favourites ON gallery (seq)
WHERE favourite = 1 AND deleted_at IS NULL AND copy_of IS NULL;

CREATE INDEX gallery_deleted ON gallery (seq) WHERE deleted_at IS NOT NULL;

CREATE INDEX gallery_copies ON gallery (copy_of, seq) WHERE copy_of IS NOT NULL;

CREATE TABLE gallery_tags (
    tag TEXT NOT NULL COLLATE NOCASE,
    seq INTEGER NOT NULL REFERENCES gallery (seq) ON DELETE CASCADE,
    PRIMARY KEY (tag, seq)
) WITHOUT ROWID;

CREATE INDEX gallery_tags_by_output ON gallery_tags (seq);

INSERT INTO gallery (seq, output_id, job_seq, kind, media, view, style, model, workflow, created_at)
SELECT outputs.seq, outputs.id, jobs.seq, jobs.kind, outputs.media, outputs.view,
       coalesce(json_extract(jobs.request, '$.style'), ''),
       coalesce(json_extract(jobs.request, '$.model'), ''), jobs.workflow, outputs.created_at
FROM outputs JOIN jobs ON jobs.id = outputs.job_id;

UPDATE gallery SET copy_of = (
    SELECT kept.id FROM outputs AS mine
    JOIN jobs ON jobs.id = mine.job_id
    JOIN outputs AS kept
        ON kept.job_id = jobs.parent_id AND kept.name = mine.name AND kept.sha256 = mine.sha256
        AND kept.created_at = mine.created_at
    WHERE mine.id = gallery.output_id
)
WHERE job_seq IN (SELECT seq FROM jobs WHERE parent_id IS NOT NULL);

CREATE TRIGGER gallery_in AFTER INSERT ON outputs BEGIN
    INSERT INTO gallery (seq, output_id, job_seq, kind, media, view, style, model, workflow, created_at,
                         copy_of)
    SELECT new.seq, new.id, jobs.seq, jobs.kind, new.media, new.view,
           coalesce(json_extract(jobs.request, '$.style'), ''),
           coalesce(json_extract(jobs.request, '$.model'), ''),
           jobs.workflow, new.created_at,
           (SELECT coalesce(gallery.copy_of, gallery.output_id)
            FROM outputs AS kept JOIN gallery ON gallery.output_id = kept.id
            WHERE kept.job_id = jobs.parent_id AND kept.name = new.name AND kept.sha256 = new.sha256
                  AND kept.created_at = new.created_at AND gallery.deleted_at IS NULL)
    FROM jobs WHERE jobs.id = new.job_id;
END;

CREATE TRIGGER gallery_out AFTER DELETE ON gallery BEGIN
    UPDATE gallery SET copy_of = (
        SELECT output_id FROM gallery WHERE copy_of = old.output_id ORDER BY seq LIMIT 1
    )
    WHERE copy_of = old.output_id
          AND seq > (SELECT min(seq) FROM gallery WHERE copy_of = old.output_id);
    UPDATE gallery SET copy_of = NULL, favourite = max(favourite, old.favourite)
    WHERE copy_of = old.output_id;
END;
""",
    )


@migrations(name="0006_hooks")
def hooks(db: Database) -> None:
    """Who wants to hear of which job, what was sent to them, and what they answered."""
    _run(db, hook_tables.TABLES)


@migrations(name="0007_media")
def media(db: Database) -> None:
    """When a job last changed and when it is to be cancelled, and a request in its family's own words."""
    _run(
        db,
        """
ALTER TABLE jobs ADD COLUMN updated_at REAL NOT NULL DEFAULT 0;

ALTER TABLE jobs ADD COLUMN cancel_at REAL;

ALTER TABLE jobs ADD COLUMN asked TEXT;

UPDATE jobs SET updated_at = coalesce(completed_at, started_at, created_at);

CREATE INDEX jobs_to_cancel ON jobs (cancel_at)
WHERE cancel_at IS NOT NULL AND status IN ('queued', 'processing');
""",
    )


@migrations(name="0008_talking")
def talking(db: Database) -> None:
    """How long what is heard and what moves lasts, and names under which uploads go in one family."""
    _run(
        db,
        """
ALTER TABLE files ADD COLUMN duration_s REAL;

ALTER TABLE outputs ADD COLUMN duration_s REAL;

ALTER TABLE outputs ADD COLUMN frames INTEGER;

CREATE TABLE upload_names (
    name TEXT PRIMARY KEY,
    file_id TEXT NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    created_at REAL NOT NULL,
    deleted_at REAL
) WITHOUT ROWID;

CREATE INDEX upload_names_by_file ON upload_names (file_id);
""",
    )


@migrations(name="0010_mirror")
def mirror(db: Database) -> None:
    """Which results have a copy in a bucket, and which copies are to be removed."""
    _run(db, mirror_tables.TABLES)


@migrations(name="0011_visitors")
def visitors(db: Database) -> None:
    """Whose job it is, where visitors are told apart; what was there belongs to the owner."""
    _run(
        db,
        """
ALTER TABLE jobs ADD COLUMN visitor TEXT;

CREATE INDEX jobs_by_visitor ON jobs (visitor, seq) WHERE visitor IS NOT NULL;

CREATE INDEX jobs_unfinished_by_visitor ON jobs (visitor)
WHERE visitor IS NOT NULL AND status IN ('queued', 'processing');
""",
    )


@migrations(name="0012_characters")
def characters(db: Database) -> None:
    """Which kept character a job shows."""
    _run(
        db,
        """
ALTER TABLE jobs ADD COLUMN character_id TEXT;

CREATE INDEX jobs_by_character ON jobs (character_id, seq) WHERE character_id IS NOT NULL;
""",
    )


@migrations(name="0013_kept_characters")
def kept_characters(db: Database) -> None:
    """Characters with their styles, sets and files; what is gone for good leaves the search with it."""
    _run(db, character_tables.TABLES)


@migrations(name="0014_contents")
def contents(db: Database) -> None:
    """Kept content with its tags and its history; what jobs make of characters is taken over."""
    _run(db, content_tables.TABLES)


@migrations(name="0018_faults")
def faults(db: Database) -> None:
    """What went wrong, failed jobs among it; and the hash that somebody expects of a model file."""
    _run(db, fault_tables.TABLES)


@migrations(name="0015_images")
def images(db: Database) -> None:
    """Tests of variants, kept faces, and what finds the jobs of one door."""
    _run(db, image_tables.TABLES)


@migrations(name="0016_voices")
def voices(db: Database) -> None:
    """Voices that are made like a recording."""
    _run(db, voice_tables.TABLES)
