"""What the records hold of kept content; triggers take over what jobs make, and let it go with them."""

TABLES = """
CREATE TABLE contents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    job_id TEXT,
    source_id TEXT,
    character_id TEXT,
    visitor TEXT,
    content_type TEXT NOT NULL CHECK (content_type IN ('image', 'video', 'text', 'audio')),
    content_category TEXT,
    platform TEXT,
    name TEXT NOT NULL UNIQUE,
    mime_type TEXT NOT NULL,
    file_size INTEGER NOT NULL,
    width INTEGER,
    height INTEGER,
    duration REAL,
    sha256 TEXT NOT NULL,
    prompt TEXT NOT NULL DEFAULT '',
    negative_prompt TEXT NOT NULL DEFAULT '',
    generation_settings TEXT NOT NULL DEFAULT '{}',
    quality_score REAL,
    checks TEXT NOT NULL DEFAULT '[]',
    approval_status TEXT NOT NULL DEFAULT 'pending'
        CHECK (approval_status IN ('pending', 'approved', 'rejected')),
    rejection_reason TEXT,
    is_nsfw INTEGER NOT NULL DEFAULT 0,
    description TEXT,
    folder_path TEXT,
    times_used INTEGER NOT NULL DEFAULT 0,
    last_used_at REAL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    deleted_at REAL
);

CREATE INDEX contents_by_character ON contents (character_id, seq) WHERE deleted_at IS NULL;

CREATE INDEX contents_by_type ON contents (content_type, seq) WHERE deleted_at IS NULL;

CREATE INDEX contents_by_status ON contents (approval_status, seq) WHERE deleted_at IS NULL;

CREATE INDEX contents_by_visitor ON contents (visitor, seq) WHERE deleted_at IS NULL;

CREATE INDEX contents_by_folder ON contents (folder_path, seq)
WHERE deleted_at IS NULL AND folder_path IS NOT NULL;

CREATE INDEX contents_by_quality ON contents (quality_score, seq) WHERE deleted_at IS NULL;

CREATE INDEX contents_by_name ON contents (content_type, name) WHERE deleted_at IS NULL;

CREATE INDEX contents_by_use ON contents (times_used, seq) WHERE deleted_at IS NULL;

CREATE INDEX contents_by_size ON contents (file_size, seq) WHERE deleted_at IS NULL;

CREATE INDEX contents_by_job ON contents (job_id) WHERE job_id IS NOT NULL;

CREATE INDEX contents_by_source ON contents (source_id) WHERE source_id IS NOT NULL;

CREATE INDEX contents_by_age ON contents (created_at) WHERE deleted_at IS NULL;

CREATE INDEX contents_deleted ON contents (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE content_tags (
    tag TEXT NOT NULL COLLATE NOCASE,
    seq INTEGER NOT NULL REFERENCES contents (seq) ON DELETE CASCADE,
    PRIMARY KEY (tag, seq)
) WITHOUT ROWID;

CREATE INDEX content_tags_by_content ON content_tags (seq, tag);

CREATE TABLE content_history (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    seq INTEGER NOT NULL REFERENCES contents (seq) ON DELETE CASCADE,
    what TEXT NOT NULL,
    reason TEXT,
    visitor TEXT,
    at REAL NOT NULL
);

CREATE INDEX content_history_by_content ON content_history (seq, number);

CREATE TABLE content_sums (
    visitor TEXT NOT NULL,
    character_id TEXT NOT NULL,
    content_type TEXT NOT NULL,
    approval_status TEXT NOT NULL,
    is_nsfw INTEGER NOT NULL,
    contents INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    rated INTEGER NOT NULL,
    quality REAL NOT NULL,
    PRIMARY KEY (visitor, character_id, content_type, approval_status, is_nsfw)
) WITHOUT ROWID;

CREATE TRIGGER contents_counted_in AFTER INSERT ON contents WHEN new.deleted_at IS NULL BEGIN
    INSERT INTO content_sums VALUES (
        coalesce(new.visitor, ''), coalesce(new.character_id, ''), new.content_type, new.approval_status,
        new.is_nsfw, 1, new.file_size, new.quality_score IS NOT NULL, coalesce(new.quality_score, 0)
    )
    ON CONFLICT DO UPDATE SET contents = contents + 1, bytes = bytes + excluded.bytes,
        rated = rated + excluded.rated, quality = quality + excluded.quality;
END;

CREATE TRIGGER contents_counted_out AFTER DELETE ON contents WHEN old.deleted_at IS NULL BEGIN
    UPDATE content_sums SET contents = contents - 1, bytes = bytes - old.file_size,
        rated = rated - (old.quality_score IS NOT NULL), quality = quality - coalesce(old.quality_score, 0)
    WHERE visitor = coalesce(old.visitor, '') AND character_id = coalesce(old.character_id, '')
        AND content_type = old.content_type AND approval_status = old.approval_status
        AND is_nsfw = old.is_nsfw;
END;

CREATE TRIGGER contents_recounted AFTER UPDATE OF
    visitor, character_id, approval_status, is_nsfw, file_size, quality_score, deleted_at
ON contents BEGIN
    UPDATE content_sums SET contents = contents - 1, bytes = bytes - old.file_size,
        rated = rated - (old.quality_score IS NOT NULL), quality = quality - coalesce(old.quality_score, 0)
    WHERE old.deleted_at IS NULL
        AND visitor = coalesce(old.visitor, '') AND character_id = coalesce(old.character_id, '')
        AND content_type = old.content_type AND approval_status = old.approval_status
        AND is_nsfw = old.is_nsfw;
    INSERT INTO content_sums SELECT
        coalesce(new.visitor, ''), coalesce(new.character_id, ''), new.content_type, new.approval_status,
        new.is_nsfw, 1, new.file_size, new.quality_score IS NOT NULL, coalesce(new.quality_score, 0)
    WHERE new.deleted_at IS NULL
    ON CONFLICT DO UPDATE SET contents = contents + 1, bytes = bytes + excluded.bytes,
        rated = rated + excluded.rated, quality = quality + excluded.quality;
END;

CREATE VIRTUAL TABLE contents_fts USING fts5 (
    prompt, description, tags, tokenize='unicode61 remove_diacritics 2'
);

CREATE TRIGGER contents_fts_in AFTER INSERT ON contents BEGIN
    INSERT INTO contents_fts (rowid, prompt, description, tags)
    VALUES (new.seq, new.prompt, coalesce(new.description, ''), '');
END;

CREATE TRIGGER contents_fts_changed AFTER UPDATE OF prompt, description ON contents BEGIN
    UPDATE contents_fts SET prompt = new.prompt, description = coalesce(new.description, '')
    WHERE rowid = new.seq;
END;

CREATE TRIGGER contents_fts_out AFTER DELETE ON contents BEGIN
    DELETE FROM contents_fts WHERE rowid = old.seq;
END;

CREATE TRIGGER contents_fts_tagged AFTER INSERT ON content_tags BEGIN
    UPDATE contents_fts
    SET tags = (SELECT group_concat(tag, ' ') FROM content_tags WHERE seq = new.seq)
    WHERE rowid = new.seq;
END;

CREATE TRIGGER contents_fts_untagged AFTER DELETE ON content_tags BEGIN
    UPDATE contents_fts
    SET tags = coalesce((SELECT group_concat(tag, ' ') FROM content_tags WHERE seq = old.seq), '')
    WHERE rowid = old.seq;
END;

CREATE TRIGGER contents_in AFTER INSERT ON gallery WHEN new.copy_of IS NULL
    AND new.media IN ('image', 'video', 'audio', 'text')
    AND EXISTS (SELECT 1 FROM jobs WHERE seq = new.job_seq
                AND (door = 'influencer' OR character_id IS NOT NULL))
BEGIN
    INSERT INTO contents (id, job_id, character_id, visitor, content_type, name, mime_type, file_size, width,
                          height, duration, sha256, prompt, negative_prompt, generation_settings,
                          source_id, platform, content_category, description, created_at, updated_at)
    SELECT outputs.id, jobs.id, jobs.character_id, jobs.visitor, outputs.media,
           outputs.id || '.' ||
               replace(outputs.name, rtrim(outputs.name, replace(outputs.name, '.', '')), ''),
           outputs.mime_type, outputs.size, outputs.width, outputs.height, outputs.duration_s, outputs.sha256,
           coalesce(json_extract(iif(jobs.kind = 'edit', jobs.metadata, NULL), '$.repurposed.prompt'),
                    json_extract(jobs.request, '$.prompt'), jobs.prompt),
           coalesce(json_extract(jobs.request, '$.negative_prompt'), ''),
           json_patch('{}', json_object(
               'seed', tasks.seed,
               'view', outputs.view,
               'workflow', jobs.workflow,
               'engine', jobs.engine,
               'model', json_extract(jobs.request, '$.model'),
               'width', json_extract(jobs.request, '$.width'),
               'height', json_extract(jobs.request, '$.height'),
               'steps', json_extract(jobs.request, '$.steps'),
               'cfg_scale', json_extract(jobs.request, '$.cfg'),
               'sampler_name', json_extract(jobs.request, '$.sampler'),
               'scheduler', json_extract(jobs.request, '$.scheduler'),
               'style', nullif(json_extract(jobs.request, '$.style'), ''),
               'style_id', json_extract(jobs.request, '$.style_id'),
               'clothing', nullif(json_extract(jobs.request, '$.clothing'), '')
           )),
           json_extract(iif(jobs.kind = 'edit', jobs.metadata, NULL), '$.repurposed.source_id'),
           json_extract(iif(jobs.kind = 'edit', jobs.metadata, NULL), '$.repurposed.platform'),
           json_extract(iif(jobs.kind = 'edit', jobs.metadata, NULL), '$.repurposed.category'),
           json_extract(iif(jobs.kind = 'edit', jobs.metadata, NULL), '$.repurposed.description'),
           outputs.created_at, outputs.created_at
    FROM outputs JOIN jobs ON jobs.id = outputs.job_id JOIN tasks ON tasks.id = outputs.task_id
    WHERE outputs.id = new.output_id;
END;

CREATE TRIGGER contents_made_again AFTER UPDATE OF sha256 ON outputs WHEN old.sha256 <> new.sha256 BEGIN
    UPDATE contents SET sha256 = new.sha256, file_size = new.size, width = new.width, height = new.height,
                        duration = new.duration_s
    WHERE id = new.id;
END;

CREATE TRIGGER contents_out AFTER DELETE ON outputs BEGIN
    DELETE FROM contents WHERE id = old.id AND approval_status <> 'approved';
END;

CREATE TRIGGER contents_with_gallery AFTER UPDATE OF deleted_at ON gallery
WHEN (old.deleted_at IS NULL) <> (new.deleted_at IS NULL) BEGIN
    UPDATE contents SET deleted_at = new.deleted_at
    WHERE id = new.output_id AND (new.deleted_at IS NULL OR approval_status <> 'approved');
END;
"""
