"""The tables of what is compared: tests of variants against one another, kept faces, looks."""

TABLES = """
CREATE TABLE ab_tests (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    settings TEXT NOT NULL,
    visitor TEXT,
    created_at REAL NOT NULL
);

CREATE TABLE ab_variants (
    test_id TEXT NOT NULL REFERENCES ab_tests (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    prompt TEXT NOT NULL,
    job_id TEXT NOT NULL,
    PRIMARY KEY (test_id, position)
) WITHOUT ROWID;

CREATE TABLE embeddings (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT,
    method TEXT NOT NULL,
    file_id TEXT NOT NULL REFERENCES files (id),
    faces TEXT NOT NULL DEFAULT '[]',
    finder TEXT NOT NULL,
    vector BLOB,
    vector_by TEXT,
    visitor TEXT,
    created_at REAL NOT NULL
);

CREATE INDEX embeddings_by_file ON embeddings (file_id);

CREATE INDEX embeddings_with_vector ON embeddings (vector_by, seq) WHERE vector IS NOT NULL;

CREATE TABLE content_hashes (
    content_id TEXT PRIMARY KEY REFERENCES contents (id) ON DELETE CASCADE,
    phash INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX jobs_by_door ON jobs (door, kind, status, seq);

CREATE INDEX jobs_in_batches ON jobs (door, status) WHERE json_extract(request, '$.variants') > 1;
"""
