"""The tables of what went wrong, for whoever looks after the studio; see faults.py."""

from __future__ import annotations

# A job that failed goes by its own id, so that it is found from either side.
TABLES = """
CREATE TABLE faults (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    first_at REAL NOT NULL,
    at REAL NOT NULL,
    count INTEGER NOT NULL DEFAULT 1,
    level TEXT NOT NULL,
    source TEXT NOT NULL,
    code TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL,
    details TEXT NOT NULL DEFAULT '{}',
    method TEXT,
    path TEXT,
    request_id TEXT
);

CREATE INDEX faults_by_time ON faults (at, seq);

CREATE INDEX faults_alike ON faults (source, message, at);

CREATE TRIGGER faults_of_jobs AFTER UPDATE OF status ON jobs
WHEN new.status = 'failed' AND old.status <> 'failed'
BEGIN
    INSERT OR REPLACE INTO faults (id, first_at, at, level, source, code, message, details)
    VALUES (
        new.id,
        coalesce(new.completed_at, new.updated_at),
        coalesce(new.completed_at, new.updated_at),
        'error',
        'jobs',
        coalesce(json_extract(new.error, '$.code'), ''),
        coalesce(json_extract(new.error, '$.message'), 'A job failed.'),
        json_object('job_id', new.id, 'kind', new.kind, 'door', new.door, 'engine', new.engine,
                    'workflow', new.workflow, 'hint', json_extract(new.error, '$.hint'))
    );
END;

CREATE INDEX jobs_by_end ON jobs (completed_at, started_at) WHERE status = 'completed';

ALTER TABLE installs ADD COLUMN wanted_sha256 TEXT;
"""
