"""What the records hold of copies in a bucket; a trigger notes each copy whose result is deleted."""

STORAGE_IN_USE = "storage_in_use"  # among the remembered things, while or since there is a bucket

TABLES = f"""
ALTER TABLE outputs ADD COLUMN mirrored TEXT;

CREATE INDEX outputs_to_mirror ON outputs (seq) WHERE mirrored IS NULL;

CREATE TABLE mirror_removals (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL,
    name TEXT NOT NULL
);

CREATE TRIGGER mirror_changed AFTER UPDATE OF sha256 ON outputs WHEN old.sha256 <> new.sha256 BEGIN
    UPDATE outputs SET mirrored = NULL WHERE seq = new.seq;
END;

CREATE TRIGGER mirror_removed AFTER DELETE ON outputs
WHEN EXISTS (SELECT 1 FROM settings WHERE key = '{STORAGE_IN_USE}') BEGIN
    INSERT INTO mirror_removals (job_id, name) VALUES (old.job_id, old.name);
END;
"""
